import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { forgotPassword } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { useMailDelivery } from "./mail_delivery";
import { Note } from "./note";
import { ProblemNote } from "./problem_note";
import { emailProblem } from "./rules";
import { useSubmission } from "./submission";

const leads = {
  smtp: "We send you a link to set a new one. It works for 30 minutes.",
  terminal: "A link to set a new one is printed in the server's terminal. It works for 30 minutes.",
};

export function ForgotPage() {
  const delivery = useMailDelivery();
  const [sentTo, setSentTo] = useState<string>();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "" },
    validate: { email: emailProblem },
  });
  const submission = useSubmission(form, ["email"]);
  const submit = (values: typeof form.values) => {
    setSentTo(undefined);
    return submission.run(async () => {
      await forgotPassword(values.email.trim());
      setSentTo(values.email.trim());
    });
  };

  return (
    <AuthCard
      title="Forgot your password?"
      lead={delivery && leads[delivery]}
      footer={
        <Link to="/sign-in" className={classes.link}>
          Back to sign in
        </Link>
      }
    >
      <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <ProblemNote problem={submission.problem} />
        {sentTo && (
          <Note good>
            {delivery === "terminal"
              ? `If ${sentTo} has an account, the link was printed in the server's terminal.`
              : `If ${sentTo} has an account, a link is on its way.`}
          </Note>
        )}
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          inputMode="email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
        <Button type="submit" loading={submission.busy} fullWidth>
          Send reset link
        </Button>
      </form>
    </AuthCard>
  );
}
