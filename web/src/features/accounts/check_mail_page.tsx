import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { resendVerification } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { useMailDelivery } from "./mail_delivery";
import { Note } from "./note";
import { ProblemNote } from "./problem_note";
import { emailProblem } from "./rules";
import { useSubmission } from "./submission";

const route = getRouteApi("/check-mail");

export function CheckMailPage() {
  const { email } = route.useSearch();
  const delivery = useMailDelivery();
  return (
    <AuthCard
      title={delivery === "terminal" ? "Confirm your address" : "Check your mail"}
      lead={delivery && <Lead delivery={delivery} email={email} />}
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
      <ResendForm email={email} />
    </AuthCard>
  );
}

function Lead({ delivery, email }: { delivery: "smtp" | "terminal"; email: string | undefined }) {
  if (delivery === "smtp") {
    if (!email) return "Tell us your address and we send the verification link again.";
    return (
      <>
        We sent a link to <strong>{email}</strong>. Open it and confirm your address; it works for 24 hours.
      </>
    );
  }
  if (!email) return "Tell us your address, and a new verification link is printed in the server's terminal.";
  return (
    <>
      The link for <strong>{email}</strong> was printed in the server's terminal. Open it and confirm your
      address; it works for 24 hours.
    </>
  );
}

/** With the address known it is one button; otherwise it asks for it. */
export function ResendForm({ email }: { email?: string | undefined }) {
  const delivery = useMailDelivery();
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
        <Note good>
          {delivery === "terminal"
            ? "A new link was printed in the server's terminal"
            : "A new link is on its way"}
          , if the address has an account that is not confirmed yet.
        </Note>
      )}
      {!email && (
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          inputMode="email"
          key={form.key("email")}
          {...form.getInputProps("email")}
        />
      )}
      <Button type="submit" variant="default" loading={submission.busy} fullWidth>
        {delivery === "terminal" ? "Print the link again" : "Send the link again"}
      </Button>
    </form>
  );
}
