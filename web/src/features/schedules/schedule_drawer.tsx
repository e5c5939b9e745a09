import { Button, Drawer, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue, useMediaQuery } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { type ApiError, asApiError } from "@/lib/errors";
import { placeErrors } from "@/lib/forms";
import { ErrorNote } from "@/ui/error_note";
import { JsonEditor, jsonProblem } from "@/ui/json_editor";
import { timingInWords } from "./cron_words";
import { useCreateSchedule, usePreview } from "./queries";
import { type NewSchedule, requestBody, timeZones, timingOf } from "./request";
import classes from "./schedule_drawer.module.css";
import { NextRuns } from "./schedule_line";

const PREVIEW_AFTER_MS = 250;
const FIELDS = ["name", "type", "data", "cron", "timeZone"];
const zones = timeZones();

export function ScheduleDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const narrow = useMediaQuery("(max-width: 48em)");
  return (
    <Drawer.Root opened={opened} onClose={onClose} position="right" size={narrow ? "100%" : 480}>
      <Drawer.Overlay />
      <Drawer.Content>
        {/* Not Drawer.Header: that is a second banner landmark. */}
        <div className={classes.head}>
          <Drawer.Title className={classes.title}>New schedule</Drawer.Title>
          <Drawer.CloseButton aria-label="Close" />
        </div>
        <Drawer.Body className={classes.body}>
          <ScheduleForm onDone={onClose} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function ScheduleForm({ onDone }: { onDone: () => void }) {
  const creation = useCreateSchedule();
  const [problem, setProblem] = useState<ApiError>();
  const form = useForm<NewSchedule>({
    initialValues: {
      name: "",
      type: "",
      data: "{}",
      cron: "0 9 * * mon-fri",
      timeZone: zones[0] ?? "UTC",
      overlap: "skip",
    },
    validate: {
      name: (name) => (name.trim() === "" ? "Name the schedule" : null),
      type: (type) => (type.trim() === "" ? "Name the kind of work, such as Fast Task" : null),
      cron: (cron) => (cron.trim() === "" ? "For example 0 9 * * mon-fri" : null),
      data: (data) => jsonProblem(data)?.message ?? null,
    },
  });

  const submit = async (schedule: NewSchedule) => {
    setProblem(undefined);
    try {
      const created = await creation.mutateAsync(requestBody(schedule));
      notifications.show({
        message: `${created.name} is scheduled.`,
        autoClose: 2500,
        withCloseButton: false,
      });
      onDone();
    } catch (error) {
      setProblem(
        placeErrors(asApiError(error), FIELDS, (field, message) => form.setFieldError(field, message)),
      );
    }
  };

  return (
    <form className={classes.form} noValidate onSubmit={form.onSubmit((schedule) => void submit(schedule))}>
      <TextInput label="Name" data-autofocus autoComplete="off" {...form.getInputProps("name")} />
      <TextInput
        label="Cron"
        description="Minute, hour, day of month, month, day of week"
        autoComplete="off"
        {...form.getInputProps("cron")}
      />
      <Select
        label="Time zone"
        data={zones}
        searchable
        allowDeselect={false}
        {...form.getInputProps("timeZone")}
      />
      <Preview cron={form.values.cron} timeZone={form.values.timeZone} />
      <TextInput
        label="Type"
        placeholder="What kind of work"
        autoComplete="off"
        {...form.getInputProps("type")}
      />
      <JsonEditor
        label="Data"
        value={form.values.data}
        onChange={(data) => form.setFieldValue("data", data)}
        error={typeof form.errors.data === "string" ? form.errors.data : undefined}
      />
      <Select
        label="While the job before has not finished"
        allowDeselect={false}
        data={[
          { value: "skip", label: "Leave the run out" },
          { value: "allow", label: "Run all the same" },
          { value: "replace", label: "Cancel the job before" },
        ]}
        {...form.getInputProps("overlap")}
      />
      <div className={classes.foot}>
        {problem && <ErrorNote message={problem.message} requestId={problem.reportId} />}
        <div className={classes.actions}>
          <Button variant="default" onClick={onDone}>
            Discard
          </Button>
          <Button type="submit" loading={creation.isPending}>
            Make schedule
          </Button>
        </div>
      </div>
    </form>
  );
}

/** What is typed, in words and as the server understands it. */
function Preview({ cron, timeZone }: { cron: string; timeZone: string }) {
  const [asked] = useDebouncedValue(JSON.stringify(timingOf({ cron, timeZone }) ?? null), PREVIEW_AFTER_MS);
  const preview = usePreview(JSON.parse(asked) ?? undefined);
  const problem = preview.error ? asApiError(preview.error) : undefined;
  const sentence = problem?.fields.map(({ message }) => message).join(". ") || problem?.message;
  return (
    <div className={classes.preview} aria-live="polite">
      {sentence ? (
        <span>{sentence}</span>
      ) : (
        <>
          <strong>{timingInWords({ cron: cron.trim(), timeZone })}</strong>
          <NextRuns runs={preview.data ?? []} zone={timeZone} />
        </>
      )}
    </div>
  );
}
