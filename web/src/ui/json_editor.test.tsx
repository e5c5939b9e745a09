import { MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { JsonEditor } from "./json_editor";

function Editor({ initial, error }: { initial: string; error?: string }) {
  const [text, setText] = useState(initial);
  return (
    <MantineProvider>
      <JsonEditor label="Data" value={text} onChange={setText} error={error} />
    </MantineProvider>
  );
}

describe("the JSON editor", () => {
  it("says where the text stops being JSON and leads there", async () => {
    render(<Editor initial={'{\n  "a": 1,\n}'} />);
    const area = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Data" });
    expect(area).toBeInvalid();
    expect(area).toHaveAccessibleDescription(/Line 3, column 1: Remove the comma before }/);
    await userEvent.click(screen.getByRole("button", { name: "Show" }));
    expect(area).toHaveFocus();
    expect(area.selectionStart).toBe(12);
  });

  it("is content as soon as the text is JSON, and formats it", async () => {
    render(<Editor initial={'{"a":1'} />);
    const area = screen.getByRole("textbox", { name: "Data" });
    const format = screen.getByRole("button", { name: "Format" });
    expect(format).toBeDisabled();
    await userEvent.type(area, "}");
    expect(area).toBeValid();
    await userEvent.click(format);
    expect(area).toHaveValue('{\n  "a": 1\n}');
  });

  it("shows the server's sentence", () => {
    render(<Editor initial="{}" error="Larger than 256 KiB" />);
    expect(screen.getByRole("textbox")).toHaveAccessibleDescription("Larger than 256 KiB");
  });
});
