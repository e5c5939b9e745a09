import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useState } from "react";

/** A password with a "show" button that the keyboard reaches; its name avoids the word "password" so that the field is found by its label alone. */
export function PasswordField(props: PasswordInputProps) {
  const [visible, setVisible] = useState(false);
  return (
    <PasswordInput
      // Mantine says this of its other inputs by itself.
      aria-invalid={Boolean(props.error)}
      {...props}
      visible={visible}
      onVisibilityChange={setVisible}
      visibilityToggleButtonProps={{
        "aria-label": visible ? "Hide characters" : "Show characters",
        tabIndex: 0,
      }}
    />
  );
}
