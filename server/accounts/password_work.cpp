#include "accounts/password_work.h"

#include <new>
#include <optional>

#include "accounts/account_errors.h"
#include "base/password_hash.h"

namespace taskgate::accounts {

namespace {

bool verify(const std::string& hash, const std::string& typed) {
  // Imported hashes were made from the bytes as typed, ours from the normalized form.
  if (is_bcrypt_hash(hash)) return verify_password(hash, typed);
  const auto normalized = normalize_password(typed);
  if (!normalized) return false;
  if (is_supported_password_hash(hash)) return verify_password(hash, *normalized);
  (void)verify_password(decoy_password_hash(), *normalized);
  return false;
}

Result<std::string> check_and_hash(const std::string& typed, const std::string& email, const PasswordPolicy& policy,
                                   const std::string& field) {
  const auto normalized = normalize_password(typed);
  if (!normalized) return validation_failed(field, "Password must be text of at most 256 characters");
  if (auto refusal = refuse_password(*normalized, email, policy)) return validation_failed(field, std::move(*refusal));
  return hash_password(*normalized);
}

}  // namespace

Awaitable<Result<bool>> verify_in(WorkerPool& pool, std::string hash, std::string typed,
                                  WorkerPool::Standing standing) {
  auto work = [hash = std::move(hash), typed = std::move(typed)]() -> Result<bool> {
    try {
      return verify(hash, typed);
    } catch (const std::bad_alloc&) {
      return overloaded();
    }
  };
  auto verdict = co_await run_in<Result<bool>>(pool, std::move(work), standing);
  if (!verdict) co_return overloaded();
  co_return std::move(*verdict);
}

Awaitable<Result<std::string>> hash_new_in(WorkerPool& pool, std::string typed, std::string email,
                                           PasswordPolicy policy, std::string field) {
  // What costs nothing to refuse never enters the pool.
  const auto normalized = normalize_password(typed);
  if (!normalized) co_return validation_failed(field, "Password must be text of at most 256 characters");
  if (auto refusal = refuse_password_length(*normalized, policy))
    co_return validation_failed(field, std::move(*refusal));
  auto work = [typed = std::move(typed), email = std::move(email), policy, field]() -> Result<std::string> {
    try {
      return check_and_hash(typed, email, policy, field);
    } catch (const std::bad_alloc&) {
      return overloaded();
    }
  };
  auto hash = co_await run_in<Result<std::string>>(pool, std::move(work));
  if (!hash) co_return overloaded();
  co_return std::move(*hash);
}

Awaitable<Result<std::string>> rehash_in(WorkerPool& pool, std::string typed) {
  auto work = [typed = std::move(typed)]() -> Result<std::string> {
    try {
      const auto normalized = normalize_password(typed);
      if (!normalized) return overloaded();
      return hash_password(*normalized);
    } catch (const std::bad_alloc&) {
      return overloaded();
    }
  };
  auto hash = co_await run_in<Result<std::string>>(pool, std::move(work));
  if (!hash) co_return overloaded();
  co_return std::move(*hash);
}

}  // namespace taskgate::accounts
