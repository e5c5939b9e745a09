import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { resendVerification } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { MailNote } from "./mail_note";
import { Note } from "./note";
import { ProblemNote } from "./problem_note";
import { emailProblem } from "./rules";
import { useSubmission } from "./submission";

const route = getRouteApi("/check-mail");

export function CheckMailPage() {
  const { email } = route.useSearch();
  return (
    <AuthCard
      title="Check your mail"
      lead={
        email ? (
          <>
            We sent a link to <strong>{email}</strong>. Open it and confirm your address; it works for 24
            hours.
          </>
        ) : (
          "Tell us your address and we send the verification link again."
        )
      }
      footer={
        <>
          <span>
            Confirmed?{" "}
            <Link to="/sign-in" search={email ? { email } : {}} className={classes.link}>
              Sign in
            </Link>
          </span>
          <span>
            Wrong address?{" "}
            <Link to="/sign-up" className={classes.link}>
              Start again
            </Link>
          </span>
        </>
      }
    >
      {email && <MailNote link="verification" />}
      <ResendForm email={email} />
    </AuthCard>
  );
}

/** With the address known it is one button; otherwise it asks for it. */
export function ResendForm({ email }: { email?: string | undefined }) {
  const [sent, setSent] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: email ?? "" },
    validate: { email: emailProblem },
  });
  const submission = useSubmission(form, ["email"]);
  const submit = (values: typeof form.values) => {
    setSent(false);
    return submission.run(async () => {
      await resendVerification(values.email.trim());
      setSent(true);
    });
  };
  return (
    <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      <ProblemNote problem={submission.problem} />
      {sent && (
        <Note good>A new link is on its way, if the address has an account that is not confirmed yet.</Note>
      )}
      {!email && (
        <>
          {sent && <MailNote link="verification" />}
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            inputMode="email"
            key={form.key("email")}
            {...form.getInputProps("email")}
          />
        </>
      )}
      <Button type="submit" variant="default" loading={submission.busy} fullWidth>
        Send the link again
      </Button>
    </form>
  );
}
