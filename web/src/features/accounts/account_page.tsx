import { Badge, Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { session } from "@/lib/client";
import { queryKeys } from "@/lib/query_keys";
import { useStore } from "@/lib/store";
import { PageHeader } from "@/ui/page_header";
import { PasswordField } from "@/ui/password_field";
import classes from "./account_page.module.css";
import { changePassword } from "./api";
import { Note } from "./note";
import { ProblemNote } from "./problem_note";
import { newPasswordProblem, PASSWORD_HINT } from "./rules";
import { SessionsSection } from "./sessions_section";
import { useSubmission } from "./submission";

export function AccountPage() {
  const state = useStore(session.state);
  if (state.status !== "signed-in") return null;
  return (
    <>
      <PageHeader title="Account" />
      <div className={classes.page}>
        <section className={classes.section} aria-labelledby="who">
          <div className={classes.about}>
            <h2 id="who">Signed in as</h2>
          </div>
          <div className={classes.who}>
            <span className={classes.email}>{state.user.email}</span>
            <Badge variant="default" tt="none" radius="sm">
              {state.user.role}
            </Badge>
          </div>
        </section>
        <section className={classes.section} aria-labelledby="password">
          <div className={classes.about}>
            <h2 id="password">Change your password</h2>
            <p>Your other devices are signed out; this one stays.</p>
          </div>
          <ChangePasswordForm email={state.user.email} />
        </section>
        <SessionsSection />
      </div>
    </>
  );
}

function ChangePasswordForm({ email }: { email: string }) {
  const queries = useQueryClient();
  const [done, setDone] = useState(false);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { oldPassword: "", newPassword: "" },
    validate: {
      oldPassword: (password) => (password === "" ? "Enter your current password" : null),
      newPassword: newPasswordProblem,
    },
  });
  const submission = useSubmission(form, ["oldPassword", "newPassword"]);
  const submit = (values: typeof form.values) => {
    setDone(false);
    return submission.run(async () => {
      await changePassword(values);
      form.reset();
      setDone(true);
      // The other sessions have ended.
      void queries.invalidateQueries({ queryKey: queryKeys.sessions });
    });
  };
  return (
    <form className={classes.form} noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
      {/* Tells password managers whose password this is. */}
      <input type="text" name="username" autoComplete="username" value={email} readOnly hidden />
      <ProblemNote problem={submission.problem} />
      {done && <Note good>Your password is changed.</Note>}
      <PasswordField
        label="Current password"
        autoComplete="current-password"
        key={form.key("oldPassword")}
        {...form.getInputProps("oldPassword")}
      />
      <PasswordField
        label="New password"
        description={PASSWORD_HINT}
        autoComplete="new-password"
        key={form.key("newPassword")}
        {...form.getInputProps("newPassword")}
      />
      <Button type="submit" loading={submission.busy} className={classes.submit}>
        Change password
      </Button>
    </form>
  );
}
