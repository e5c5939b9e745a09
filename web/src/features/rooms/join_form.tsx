import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import classes from "./rooms_page.module.css";

interface JoinFormProps {
  live: boolean;
  /** Resolves to the refusal, or to nothing. */
  onJoin: (name: string) => Promise<string | undefined>;
  onJoined: (name: string) => void;
}

export function JoinForm({ live, onJoin, onJoined }: JoinFormProps) {
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: { name: "" },
    validate: { name: (name) => (name.trim() === "" ? "Name a room, such as lobby" : null) },
  });
  const submit = async ({ name }: { name: string }) => {
    setBusy(true);
    const refusal = await onJoin(name.trim());
    setBusy(false);
    if (refusal !== undefined) return form.setFieldError("name", refusal);
    form.reset();
    onJoined(name.trim());
  };
  return (
    <form className={classes.join} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <TextInput
        label="Room"
        placeholder="lobby"
        autoComplete="off"
        autoCapitalize="off"
        className={classes.joinName}
        {...form.getInputProps("name")}
      />
      <Button type="submit" loading={busy} disabled={!live} className={classes.joinButton}>
        Join
      </Button>
      {!live && <p className={classes.hint}>Rooms need the live connection; it is being made again.</p>}
    </form>
  );
}
