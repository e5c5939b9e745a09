import { Badge, Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { asApiError } from "@/lib/errors";
import { queryKeys } from "@/lib/query_keys";
import { ErrorNote } from "@/ui/error_note";
import { RelativeTime } from "@/ui/relative_time";
import classes from "./account_page.module.css";
import { type DeviceSession, endSession, fetchSessions, signOutEverywhere } from "./api";
import { deviceName } from "./device";
import { ProblemNote } from "./problem_note";

/** Where the account is signed in, and the way to end each of these sessions or all of them. */
export function SessionsSection() {
  const sessions = useQuery({
    queryKey: queryKeys.sessions,
    queryFn: ({ signal }) => fetchSessions(signal),
  });
  const everywhere = useMutation({ mutationFn: signOutEverywhere });
  const problem = sessions.error ? asApiError(sessions.error) : undefined;
  return (
    <section className={classes.section} aria-labelledby="sessions">
      <div className={classes.about}>
        <h2 id="sessions">Where you are signed in</h2>
        <p>End a session that you do not know, and change your password.</p>
      </div>
      <div className={classes.sessions}>
        {problem && (
          <ErrorNote
            message={problem.message}
            requestId={problem.reportId}
            onRetry={() => void sessions.refetch()}
          />
        )}
        {sessions.data && (
          <ul className={classes.sessionList} aria-label="Sessions">
            {sessions.data.map((each) => (
              <SessionLine key={each.id} session={each} />
            ))}
          </ul>
        )}
        <ProblemNote problem={everywhere.error ? asApiError(everywhere.error) : undefined} />
        <div className={classes.everywhere}>
          <Button variant="default" loading={everywhere.isPending} onClick={() => everywhere.mutate()}>
            End all sessions
          </Button>
          <span>Signs you out everywhere, here too.</span>
        </div>
      </div>
    </section>
  );
}

function SessionLine({ session }: { session: DeviceSession }) {
  const queries = useQueryClient();
  const ending = useMutation({
    mutationFn: () => endSession(session.id),
    // Also after a refusal: it has usually ended meanwhile.
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.sessions }),
  });
  const device = deviceName(session.userAgent);
  return (
    <li className={classes.session}>
      <div className={classes.sessionWords}>
        <span className={classes.device} title={session.userAgent}>
          {device}
          {session.current && (
            <Badge variant="default" tt="none" radius="sm" ml={8}>
              this device
            </Badge>
          )}
        </span>
        <span className={classes.minor}>
          last used <RelativeTime at={session.lastUsedAt} />
          {session.address && ` from ${session.address}`}
        </span>
        <ProblemNote problem={ending.error ? asApiError(ending.error) : undefined} />
      </div>
      {!session.current && (
        <Button
          variant="default"
          size="compact-md"
          fz="sm"
          loading={ending.isPending}
          onClick={() => ending.mutate()}
          aria-label={`End the session on ${device}${session.address ? ` from ${session.address}` : ""}`}
        >
          End
        </Button>
      )}
    </li>
  );
}
