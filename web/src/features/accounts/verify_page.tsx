import { Button } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type ApiError, asApiError } from "@/lib/errors";
import { verify } from "./api";
import { AuthCard } from "./auth_card";
import classes from "./auth_card.module.css";
import { ResendForm } from "./check_mail_page";
import { ProblemNote } from "./problem_note";

const route = getRouteApi("/verify/$token");

/** Opening the page does nothing: mail scanners open links too. The click confirms. */
export function VerifyPage() {
  const { token } = route.useParams();
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiError>();
  const refused = problem !== undefined && !problem.transient;

  const confirm = async () => {
    setBusy(true);
    setProblem(undefined);
    try {
      await verify(token);
      await navigate({ to: "/sign-in", search: { done: "verified" } });
    } catch (error) {
      setProblem(asApiError(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <AuthCard
      title={refused ? "This link does not work" : "Confirm your address"}
      lead={
        refused
          ? "Links work once and for 24 hours. If your address is confirmed already, just sign in; otherwise ask for a new link."
          : "One click, and your account is ready."
      }
      footer={
        <Link to="/sign-in" className={classes.link}>
          Go to sign in
        </Link>
      }
    >
      <ProblemNote problem={problem} />
      {refused ? (
        <ResendForm />
      ) : (
        <Button loading={busy} onClick={() => void confirm()} fullWidth>
          Confirm my address
        </Button>
      )}
    </AuthCard>
  );
}
