import { Button, Input } from "@mantine/core";
import { useId, useRef } from "react";
import { formatJson, JsonSyntaxError, parseJson } from "@/lib/json";
import classes from "./json_editor.module.css";

interface JsonEditorProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
  /** The server's sentence about this field. */
  error?: string | undefined;
}

export function jsonProblem(text: string): JsonSyntaxError | undefined {
  try {
    parseJson(text);
    return undefined;
  } catch (error) {
    if (error instanceof JsonSyntaxError) return error;
    throw error;
  }
}

/** A plain text area with line numbers, which says where the text stops being JSON and leads there. */
export function JsonEditor({ label, value, onChange, error }: JsonEditorProps) {
  const id = useId();
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const problem = jsonProblem(value);
  const lines = value.split("\n").length;
  const message = problem ? `Line ${problem.line}, column ${problem.column}: ${problem.message}` : error;

  const goToProblem = () => {
    if (!problem || !area.current) return;
    area.current.focus();
    area.current.setSelectionRange(problem.offset, Math.min(problem.offset + 1, value.length));
  };
  const syncGutter = () => {
    if (gutter.current && area.current) gutter.current.scrollTop = area.current.scrollTop;
  };

  return (
    <div className={classes.editor}>
      <div className={classes.head}>
        <Input.Label htmlFor={id}>{label}</Input.Label>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          disabled={problem !== undefined}
          onClick={() => onChange(formatJson(parseJson(value)))}
        >
          Format
        </Button>
      </div>
      <div className={classes.frame} data-invalid={message ? true : undefined}>
        <div className={classes.gutter} ref={gutter} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number
            <span key={index} data-wrong={problem?.line === index + 1 || undefined}>
              {index + 1}
            </span>
          ))}
        </div>
        <textarea
          id={id}
          ref={area}
          className={classes.area}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          onScroll={syncGutter}
          rows={Math.min(14, Math.max(6, lines))}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          wrap="off"
          aria-invalid={message !== undefined}
          aria-describedby={message ? `${id}-problem` : undefined}
        />
      </div>
      {message && (
        <div className={classes.problem} id={`${id}-problem`} aria-live="polite">
          <span>{message}</span>
          {problem && (
            <Button
              size="compact-xs"
              variant="subtle"
              color="red"
              onClick={goToProblem}
              className={classes.go}
            >
              Show
            </Button>
          )}
        </div>
      )}
    </div>
  );
}
