#include "handlers/job_body.h"

#include "base/json.h"

namespace taskgate::handlers {

std::string job_body(const jobs::Job& job) {
  JsonWriter writer;
  writer.begin_object().member("id", to_string(job.id)).member("type", job.type);
  writer.key("data").raw(job.data);
  writer.member("attempt", job.attempts).member("userId", to_string(job.user_id)).end_object();
  return writer.take();
}

}  // namespace taskgate::handlers
