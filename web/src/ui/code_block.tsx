import classes from "./code_block.module.css";
import { CopyButton } from "./copy_button";

interface CodeBlockProps {
  title: string;
  text: string;
  tone?: "bad";
}

/** Text to read and copy, under its title. */
export function CodeBlock({ title, text, tone }: CodeBlockProps) {
  return (
    <section className={classes.block} data-tone={tone} aria-label={title}>
      <header className={classes.head}>
        <h2>{title}</h2>
        <CopyButton value={text} what={title.toLowerCase()} />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre className={classes.text} tabIndex={0}>
        {text}
      </pre>
    </section>
  );
}
