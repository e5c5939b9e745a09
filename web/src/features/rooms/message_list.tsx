import { Button } from "@mantine/core";
import { type CSSProperties, useLayoutEffect, useRef } from "react";
import { formatClock, formatExact } from "@/lib/time";
import { authorLook } from "./author";
import type { ChatMessage } from "./rooms";
import classes from "./rooms_page.module.css";

/** How near the end counts as reading along. */
const FOLLOW_PX = 60;
/** Messages of one author within this time share one heading. */
const GROUP_MS = 5 * 60_000;

interface MessageListProps {
  messages: ChatMessage[];
  onAgain: (key: string) => void;
}

/** Follows the newest message unless the reader has scrolled back. */
export function MessageList({ messages, onAgain }: MessageListProps) {
  const frame = useRef<HTMLDivElement>(null);
  const following = useRef(true);
  const newest = messages.at(-1)?.key;
  // biome-ignore lint/correctness/useExhaustiveDependencies: runs for each new message
  useLayoutEffect(() => {
    const element = frame.current;
    if (element && following.current) element.scrollTop = element.scrollHeight;
  }, [newest]);
  const onScroll = () => {
    const element = frame.current;
    if (!element) return;
    following.current = element.scrollHeight - element.scrollTop - element.clientHeight < FOLLOW_PX;
  };
  return (
    <div
      ref={frame}
      className={classes.messages}
      onScroll={onScroll}
      role="log"
      aria-label="Conversation"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
    >
      {messages.length === 0 && <p className={classes.quiet}>Nothing said since you joined.</p>}
      {messages.map((message, index) => (
        <Message
          key={message.key}
          message={message}
          continued={continues(messages[index - 1], message)}
          onAgain={onAgain}
        />
      ))}
    </div>
  );
}

function continues(before: ChatMessage | undefined, message: ChatMessage): boolean {
  return (
    before !== undefined &&
    before.author.userId === message.author.userId &&
    (message.author.userId !== undefined || before.author.socketId === message.author.socketId) &&
    message.at.getTime() - before.at.getTime() < GROUP_MS
  );
}

interface MessageProps {
  message: ChatMessage;
  continued: boolean;
  onAgain: (key: string) => void;
}

function Message({ message, continued, onAgain }: MessageProps) {
  const look = authorLook(message);
  return (
    <article className={classes.message} data-state={message.state} data-continued={continued || undefined}>
      {!continued && (
        <>
          <span className={classes.avatar} style={{ "--hue": look.hue } as CSSProperties} aria-hidden="true">
            {look.initials}
          </span>
          <header className={classes.byline}>
            <span className={classes.author}>{look.name}</span>
            <time dateTime={message.at.toISOString()} title={formatExact(message.at)}>
              {formatClock(message.at)}
            </time>
          </header>
        </>
      )}
      <p className={classes.text}>{message.text}</p>
      {message.state === "refused" && (
        <div className={classes.refused} role="alert">
          {message.problem}
          <Button size="compact-xs" variant="subtle" color="red" onClick={() => onAgain(message.key)}>
            Try again
          </Button>
        </div>
      )}
    </article>
  );
}
