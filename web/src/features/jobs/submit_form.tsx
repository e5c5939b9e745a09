import { Button, NumberInput, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type ApiError, asApiError } from "@/lib/errors";
import { placeErrors } from "@/lib/forms";
import { systemInfoQuery } from "@/lib/system_info";
import { CodeBlock } from "@/ui/code_block";
import { ErrorNote } from "@/ui/error_note";
import { JsonEditor, jsonProblem } from "@/ui/json_editor";
import { useSubmitJob } from "./queries";
import { curlCommand, type NewJob, priorityProblem, requestBody, takesToggles, typeProblem } from "./request";
import classes from "./submit_drawer.module.css";
import { SUGGESTED_TYPES } from "./suggested_types";

const SUGGESTIONS_MAX = 6;

interface SubmitFormProps {
  knownTypes: string[];
  onDone: () => void;
}

export function SubmitForm({ knownTypes, onDone }: SubmitFormProps) {
  const info = useQuery(systemInfoQuery);
  const submission = useSubmitJob();
  const [problem, setProblem] = useState<ApiError>();
  const form = useForm<NewJob>({
    initialValues: { type: "", data: "{}", priority: "0", failOnce: false, alwaysFail: false },
    validate: {
      type: typeProblem,
      data: (data) => jsonProblem(data)?.message ?? null,
      priority: priorityProblem,
    },
  });
  const simulated = info.data?.simulate !== false;
  const canToggle = takesToggles(form.values.data);

  const submit = async (job: NewJob) => {
    setProblem(undefined);
    try {
      const created = await submission.mutateAsync(requestBody(job));
      notifications.show({
        message: `${created.type} is submitted.`,
        autoClose: 2500,
        withCloseButton: false,
      });
      onDone();
    } catch (error) {
      setProblem(
        placeErrors(asApiError(error), ["type", "data", "priority"], (field, message) =>
          form.setFieldError(field, message),
        ),
      );
    }
  };

  return (
    <form className={classes.form} noValidate onSubmit={form.onSubmit((job) => void submit(job))}>
      <div>
        <TextInput
          label="Type"
          placeholder="What kind of work"
          data-autofocus
          autoComplete="off"
          {...form.getInputProps("type")}
        />
        <Suggestions
          known={knownTypes}
          chosen={form.values.type}
          onChoose={(type) => form.setFieldValue("type", type)}
        />
      </div>
      <JsonEditor
        label="Data"
        value={form.values.data}
        onChange={(data) => form.setFieldValue("data", data)}
        error={typeof form.errors.data === "string" ? form.errors.data : undefined}
      />
      <NumberInput
        label="Priority"
        description="Higher numbers run first."
        styles={{ wrapper: { maxWidth: 140 } }}
        {...form.getInputProps("priority")}
        onChange={(priority) => form.setFieldValue("priority", String(priority))}
      />
      {simulated && (
        <div className={classes.toggles}>
          <Switch
            size="sm"
            label="Fail once"
            description="The first attempt fails, the automatic retry succeeds."
            disabled={!canToggle}
            {...form.getInputProps("failOnce", { type: "checkbox" })}
          />
          <Switch
            size="sm"
            label="Always fail"
            description="Every attempt fails, until the retries are used up."
            disabled={!canToggle}
            {...form.getInputProps("alwaysFail", { type: "checkbox" })}
          />
        </div>
      )}
      <SameAsCurl job={form.values} />
      <div className={classes.foot}>
        {problem && <ErrorNote message={problem.message} requestId={problem.reportId} />}
        <div className={classes.actions}>
          <Button variant="default" onClick={onDone}>
            Discard
          </Button>
          <Button type="submit" loading={submission.isPending}>
            Submit job
          </Button>
        </div>
      </div>
    </form>
  );
}

function SameAsCurl({ job }: { job: NewJob }) {
  if (jsonProblem(job.data) || priorityProblem(job.priority)) return null;
  return (
    <CodeBlock title="The same with curl" text={curlCommand(window.location.origin, requestBody(job))} />
  );
}

interface SuggestionsProps {
  known: string[];
  chosen: string;
  onChoose: (type: string) => void;
}

function Suggestions({ known, chosen, onChoose }: SuggestionsProps) {
  const types = [...new Set([...SUGGESTED_TYPES.slice(0, 2), ...known, ...SUGGESTED_TYPES])];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would bring a border and a legend
    <div className={classes.suggestions} role="group" aria-label="Suggestions">
      {types.slice(0, SUGGESTIONS_MAX).map((type) => (
        <button
          type="button"
          key={type}
          className={classes.suggestion}
          aria-pressed={type === chosen}
          onClick={() => onChoose(type)}
        >
          {type}
        </button>
      ))}
    </div>
  );
}
