#include "base/result.h"

namespace taskgate {

Error validation_failed(std::vector<FieldError> fields) {
  return {ErrorCode::bad_request, "validation_failed", "Validation failed", std::move(fields), std::nullopt};
}

Error validation_failed(std::string field, std::string message) {
  std::vector<FieldError> fields;
  fields.push_back({std::move(field), std::move(message)});
  return validation_failed(std::move(fields));
}

Error not_found(std::string what) {
  return {ErrorCode::not_found, "not_found", std::move(what) + " not found", {}, std::nullopt};
}

UnexpectedError::UnexpectedError(Error error)
    : std::logic_error(error.reason + ": " + error.message), error_(std::move(error)) {}

void throw_exception_from_error(const Error& error, const boost::source_location&) { throw UnexpectedError(error); }

}  // namespace taskgate
