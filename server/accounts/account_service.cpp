#include "accounts/account_service.h"

#include <algorithm>

#include "accounts/account_service_implementation.h"
#include "base/jwt.h"
#include "base/log.h"
#include "base/password_hash.h"

namespace taskgate::accounts {

namespace {

constexpr std::string_view access_type = "access";
constexpr std::size_t token_secret_bytes = 32;
// Requests that make a mail: this many at once, refilled over the window.
constexpr double mails_by_address_burst = 5;
constexpr double mails_by_client_burst = 60;
constexpr double links_by_client_burst = 120;
constexpr std::chrono::minutes mails_window{15};
// How long a mail without a link of its own is worth sending.
constexpr std::chrono::hours news_lifetime{24};

}  // namespace

AccountService::AccountService(AccountStore& store, const Clock& clock, IdGenerator& ids, WorkerPool& hash_pool,
                               AccountOptions options)
    : implementation_(std::make_unique<Implementation>(*this, store, clock, ids, hash_pool, std::move(options))) {}

AccountService::~AccountService() = default;

Awaitable<Result<Principal>> AccountService::authenticate(std::string access_token) {
  if (looks_like_api_key(access_token)) co_return co_await authenticate_api_key(std::move(access_token));
  Implementation& my = *implementation_;
  const Time now = my.clock.now();
  const ExpectedClaims expected{my.options.issuer, access_type};
  const auto claims = verify_jwt(access_token, my.options.jwt_secret, expected, now);
  if (!claims) co_return claims.error();
  const auto session_id = parse_session_id(claims->session_id);
  const auto user_id = parse_user_id(claims->user_id);
  if (!session_id || !user_id) co_return invalid_session_token();

  auto authority = my.authorities.find(*session_id, now);
  if (!authority) {
    const auto ticket = my.authorities.ticket();
    auto read = co_await my.store.session_authority(*session_id, now);
    authority = read ? std::move(*read) : SessionAuthority{};
    my.authorities.put(*session_id, *authority, now, ticket);
  }
  if (!authority->live || authority->disabled || authority->user_id != *user_id ||
      authority->token_version != claims->token_version) {
    co_return invalid_session_token();
  }
  const Time expires_at{std::chrono::seconds{claims->expires_at}};
  co_return Principal{*user_id, std::move(authority->email), authority->role, *session_id, expires_at};
}

Awaitable<Result<User>> AccountService::find_user(UserId id) {
  auto user = co_await implementation_->store.find_user(id);
  if (!user) co_return not_found("User");
  co_return std::move(*user);
}

Awaitable<std::map<UserId, std::string>> AccountService::find_emails(std::set<UserId> ids) {
  std::vector<UserId> wanted(ids.begin(), ids.end());
  const auto users = co_await implementation_->store.find_users(std::move(wanted));
  std::map<UserId, std::string> emails;
  for (const User& user : users) emails.emplace(user.id, user.email);
  co_return emails;
}

AccountService::Implementation::Implementation(AccountService& face, AccountStore& store_to_use,
                                               const Clock& clock_to_use, IdGenerator& ids_to_use, WorkerPool& pool,
                                               AccountOptions chosen)
    : service(face),
      store(store_to_use),
      clock(clock_to_use),
      ids(ids_to_use),
      hash_pool(pool),
      options(std::move(chosen)),
      policy{options.password_length_min, options.password_min_score},
      refresh_tokens(options.jwt_secret),
      sealer(options.data_secret),
      authorities(options.authority_cache),
      api_keys(options.authority_cache),
      mails_by_address_(mails_by_address_burst, mails_window),
      mails_by_client_(mails_by_client_burst, mails_window),
      links_by_client_(links_by_client_burst, mails_window) {
  (void)decoy_password_hash();  // made now, so that the first unknown user does not pay for it
}

AccountService::Implementation::MailedToken AccountService::Implementation::make_token(const UserId& user,
                                                                                       const std::string& email,
                                                                                       TokenPurpose purpose) const {
  const auto lifetime = purpose == TokenPurpose::verify_email ? options.verification_lifetime : options.reset_lifetime;
  MailedToken token{random_token(token_secret_bytes), {}};
  token.stored = OneTimeToken{user, purpose, sha256(token.secret), email, clock.now() + lifetime};
  return token;
}

OutgoingMail AccountService::Implementation::make_mail(MailKind kind, const MailedToken& token) const {
  OutgoingMail mail;
  mail.id = ids.next_job_id(clock.now());
  mail.kind = kind;
  mail.to = token.stored.email;
  mail.sealed = sealer.seal(token.secret, mail_seal_context(mail.id));
  mail.useful_until = token.stored.expires_at;
  return mail;
}

OutgoingMail AccountService::Implementation::make_mail(MailKind kind, const std::string& email) const {
  const Time now = clock.now();
  return {ids.next_job_id(now), kind, email, "", now + news_lifetime};
}

Awaitable<void> AccountService::Implementation::mail_token(std::string email, TokenPurpose purpose, MailKind kind) {
  const MailedToken token = make_token(UserId{}, email, purpose);
  const std::optional<OutgoingMail> mail = make_mail(kind, token);
  co_await store.replace_token(token.stored, mail, clock.now());
}

std::optional<Sha256Digest> AccountService::Implementation::hash_of(const std::string& secret) {
  if (secret.size() > 64) return std::nullopt;
  const auto bytes = from_base64url(secret);
  if (!bytes || bytes->size() != token_secret_bytes) return std::nullopt;
  return sha256(secret);
}

Tokens AccountService::Implementation::make_tokens(const User& user, const Session& session) const {
  const Time now = clock.now();
  const auto seconds = [](Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  };
  Claims claims;
  claims.user_id = to_string(user.id);
  claims.email = user.email;
  claims.role = to_string(user.role);
  claims.token_version = user.token_version;
  claims.issued_at = seconds(now);
  claims.expires_at = seconds(now + options.access_token_lifetime);
  claims.subject = claims.user_id;
  claims.session_id = to_string(session.id);
  claims.token_id = random_token(12);
  claims.type = access_type;
  claims.issuer = options.issuer;
  Tokens tokens;
  tokens.access_token = sign_jwt(claims, options.jwt_secret);
  tokens.refresh_token = refresh_tokens.encode({session.id, session.counter});
  tokens.refresh_expires_in = std::min(session.idle_expires_at, session.absolute_expires_at) - now;
  tokens.user = user;
  return tokens;
}

std::optional<Error> AccountService::Implementation::refuse_mail(const std::string& email, const ClientInfo& client) {
  if (!options.rate_limits) return std::nullopt;
  const Time now = clock.now();
  if (const auto wait = mails_by_client_.take(network_of(client.address), now)) return too_many_requests(*wait);
  if (const auto wait = mails_by_address_.take(email, now)) return too_many_requests(*wait);
  return std::nullopt;
}

std::optional<Error> AccountService::Implementation::refuse_link(const ClientInfo& client) {
  if (!options.rate_limits) return std::nullopt;
  if (const auto wait = links_by_client_.take(network_of(client.address), clock.now())) return too_many_requests(*wait);
  return std::nullopt;
}

Result<std::optional<LoginThrottle::Attempt>> AccountService::Implementation::begin_attempt(const std::string& email,
                                                                                            const ClientInfo& client) {
  if (!options.rate_limits) return std::optional<LoginThrottle::Attempt>{};
  std::chrono::milliseconds retry_after{0};
  auto attempt = throttle.begin(email, client.address, clock.now(), retry_after);
  if (!attempt) return too_many_requests(retry_after);
  return attempt;
}

void AccountService::Implementation::announce_end(const SessionId& id) {
  authorities.drop(id);
  service.session_ended(id);
}

void AccountService::Implementation::announce_ends(const std::vector<Session>& sessions,
                                                   std::optional<SessionId> except) {
  for (const Session& session : sessions) {
    if (session.id != except) announce_end(session.id);
  }
}

void AccountService::Implementation::announce_change(const UserId& id) {
  authorities.drop_user(id);
  api_keys.drop_user(id);
  service.user_changed(id);
}

}  // namespace taskgate::accounts
