#include "store/sqlite/account_commands.h"
#include "store/sqlite/api_key_rows.h"
#include "store/sqlite/session_rows.h"
#include "store/sqlite/user_rows.h"

namespace taskgate::sqlite {

using accounts::Rotation;
using accounts::Session;

namespace {

Error unauthenticated(std::string reason, std::string message) {
  return {ErrorCode::unauthenticated, std::move(reason), std::move(message), {}, std::nullopt};
}

}  // namespace

Result<Rotation> rotate_session(Database& database, const RotationRequest& request, Time now) {
  auto session = find_session(database, request.session);
  auto user = session ? find_user(database, session->user_id) : std::nullopt;
  if (!session || !user || user->disabled || !is_live(*session, now) || request.counter > session->counter) {
    return unauthenticated("invalid_token", "The session has ended; sign in again");
  }
  if (request.counter < session->counter) {
    const bool previous = request.counter == session->counter - 1;
    if (previous && now - session->rotated_at <= request.grace)
      return Rotation{std::move(*session), std::move(*user), true};
    session->revoked_at = now;
    store_session(database, *session);
    return unauthenticated("token_reused", "This token was used before; the session has been ended");
  }
  if (request.rotate) {
    ++session->counter;
    session->rotated_at = now;
  }
  session->last_used_at = now;
  session->idle_expires_at = std::min(now + request.idle, session->absolute_expires_at);
  store_session(database, *session);
  return Rotation{std::move(*session), std::move(*user), false};
}

bool revoke_session(Database& database, const SessionId& id, Time now) {
  auto session = find_session(database, id);
  if (!session || !is_live(*session, now)) return false;
  session->revoked_at = now;
  store_session(database, *session);
  return true;
}

std::vector<SessionId> revoke_sessions(Database& database, const UserId& user, const std::optional<SessionId>& except,
                                       Time now) {
  std::vector<SessionId> ended;
  for (Session& session : list_live_sessions(database, user, now)) {
    if (session.id == except) continue;
    session.revoked_at = now;
    store_session(database, session);
    ended.push_back(session.id);
  }
  return ended;
}

std::size_t prune_accounts(Database& database, Time before, std::size_t limit) {
  database
      .statement(
          "DELETE FROM one_time_tokens WHERE hash IN (SELECT hash FROM one_time_tokens WHERE expires_at < ? LIMIT ?)")
      .execute(before, limit);
  auto removed = static_cast<std::size_t>(database.changed());
  if (removed >= limit) return removed;
  removed += prune_api_keys(database, before, limit - removed);
  if (removed >= limit) return removed;
  // The same expression as in the index sessions_by_end.
  database
      .statement(
          "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions INDEXED BY sessions_by_end WHERE "
          "min(idle_expires_at, absolute_expires_at, coalesce(revoked_at, 9223372036854775807)) < ? LIMIT ?)")
      .execute(before, limit - removed);
  return removed + static_cast<std::size_t>(database.changed());
}

}  // namespace taskgate::sqlite
