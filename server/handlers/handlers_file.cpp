#include "handlers/handlers_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "base/json.h"
#include "handlers/file_section.h"
#include "jobs/job_type.h"
#include "jobs/system_job.h"

namespace taskgate::handlers {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr std::int64_t concurrency_max = 64;
constexpr std::int64_t timeout_ms_max = 24 * 60 * 60 * 1'000;
constexpr std::int64_t grace_ms_max = 60'000;
constexpr std::size_t secret_bytes_min = 16;

std::string text_of(const json::string& text) { return {text.data(), text.size()}; }

std::vector<std::string> read_arguments(FileSection& section) {
  const json::value* value = section.take("command");
  const auto place = section.place("command");
  if (value == nullptr || !value->is_array() || value->get_array().empty()) {
    refuse(place, "must be an array: the program, then its arguments");
  }
  std::vector<std::string> arguments;
  for (const json::value& argument : value->get_array()) {
    if (!argument.is_string()) refuse(fmt::format("{}[{}]", place, arguments.size()), "must be a string");
    arguments.push_back(text_of(argument.get_string()));
  }
  const std::string& program = arguments[0];
  if (!program.starts_with('/'))
    refuse(place + "[0]", fmt::format("must be an absolute path; \"{}\" is none", program));
  std::error_code error;
  if (!std::filesystem::is_regular_file(program, error) || ::access(program.c_str(), X_OK) != 0) {
    refuse(place + "[0]", fmt::format("must be a program that may be executed; \"{}\" is none", program));
  }
  return arguments;
}

bool is_variable_name(std::string_view name) {
  const auto is_letter = [](unsigned char c) { return std::isalpha(c) != 0 || c == '_'; };
  return !name.empty() && is_letter(static_cast<unsigned char>(name[0])) &&
         std::all_of(name.begin(), name.end(), [&](unsigned char c) { return is_letter(c) || std::isdigit(c) != 0; });
}

std::map<std::string, std::string> read_environment(FileSection& section) {
  std::map<std::string, std::string> variables;
  const json::value* value = section.take("environment");
  if (value == nullptr) return variables;
  FileSection environment(*value, section.place("environment"));
  for (const auto& member : environment.object()) {
    const std::string name(member.key().data(), member.key().size());
    if (!is_variable_name(name)) refuse(environment.place(name), "must be named with letters, digits and _");
    variables[name] = environment.text(name).value_or("");
  }
  return variables;
}

std::string read_working_directory(FileSection& section) {
  const auto folder = section.text("workingDirectory").value_or("/");
  std::error_code error;
  if (!folder.starts_with('/') || !std::filesystem::is_directory(folder, error)) {
    refuse(section.place("workingDirectory"),
           fmt::format("must be the absolute path of a folder; \"{}\" is none", folder));
  }
  return folder;
}

std::size_t read_concurrency(FileSection& section) {
  return static_cast<std::size_t>(section.number("concurrency", 1, concurrency_max, 1));
}

ExecType read_exec(FileSection section) {
  ExecType type;
  type.command.arguments = read_arguments(section);
  type.concurrency = read_concurrency(section);
  type.command.timeout = milliseconds{section.number("timeoutMs", 1, timeout_ms_max, 60'000)};
  type.command.grace = milliseconds{section.number("graceMs", 0, grace_ms_max, 5'000)};
  type.command.environment = read_environment(section);
  type.command.working_directory = read_working_directory(section);
  section.end();
  return type;
}

HttpType read_http(FileSection section) {
  HttpType type;
  const auto url = section.text("url");
  if (!url) refuse(section.place("url"), "is missing");
  if (const auto complaint = url_complaint(*url)) refuse(section.place("url"), *complaint);
  const auto secret = section.text("secret").value_or("");
  if (secret.size() < secret_bytes_min) {
    refuse(section.place("secret"), fmt::format("must be a string of at least {} bytes", secret_bytes_min));
  }
  type.endpoint.url = *url;
  type.endpoint.secret = secret;
  type.concurrency = read_concurrency(section);
  type.endpoint.timeout = milliseconds{section.number("timeoutMs", 1, timeout_ms_max, 30'000)};
  type.endpoint.allow_private = section.flag("allowPrivate");
  section.end();
  return type;
}

// All types of one kind, each read by `read`.
template <class Type, class Read>
std::map<std::string, Type> read_types(FileSection& file, std::string_view kind, Read read) {
  std::map<std::string, Type> types;
  const json::value* value = file.take(kind);
  if (value == nullptr) return types;
  const FileSection section(*value, file.place(kind));
  for (const auto& member : section.object()) {
    const std::string name(member.key().data(), member.key().size());
    const auto normal = jobs::normalize_job_type(name);
    if (!normal || *normal != name) {
      refuse(section.place(name), "must be a job type: 1 to 128 printable characters, no blanks around them");
    }
    if (jobs::is_system_type(name)) refuse(section.place(name), "is a type of the server's own: begin it otherwise");
    types.emplace(name, read(FileSection(member.value(), section.place(name))));
  }
  return types;
}

void check_together(const HandlersFile& file) {
  std::size_t total = 0;
  for (const auto& [name, type] : file.exec) total += type.concurrency;
  for (const auto& [name, type] : file.http) {
    total += type.concurrency;
    if (file.exec.contains(name))
      refuse(fmt::format("http.\"{}\"", name), "is in \"exec\", too; a type has one handler");
  }
  if (total > concurrency_total_max) {
    refuse("concurrency", fmt::format("must be at most {} over all types, and is {}", concurrency_total_max, total));
  }
}

// "Malformed JSON: … at byte 17" with the line instead, which an editor shows.
[[noreturn]] void refuse_syntax(std::string_view text, const std::string& message) {
  constexpr std::string_view before_offset = " at byte ";
  const auto place = message.rfind(before_offset);
  if (place == std::string::npos) refuse("the file", message);
  const auto offset = std::min<std::size_t>(std::stoul(message.substr(place + before_offset.size())), text.size());
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  refuse(fmt::format("line {}", line), message.substr(0, place));
}

HandlersFile read_file(std::string_view text) {
  const auto parsed = parse_json(text);
  if (!parsed) refuse_syntax(text, parsed.error().message);
  FileSection section(*parsed, "");
  HandlersFile file;
  file.exec = read_types<ExecType>(section, "exec", read_exec);
  file.http = read_types<HttpType>(section, "http", read_http);
  section.end();
  check_together(file);
  return file;
}

}  // namespace

HandlersFile parse_handlers_file(std::string_view text, const std::string& name) {
  try {
    return read_file(text);
  } catch (const Complaint& complaint) {
    throw HandlersFileError(
        fmt::format("HANDLERS_FILE {} cannot be used: {}: {}.", name, complaint.where, complaint.what));
  }
}

HandlersFile load_handlers_file(const std::string& path) {
  if (path.empty()) return {};
  std::error_code error;
  std::ifstream input(path, std::ios::binary);
  if (!input || !std::filesystem::is_regular_file(path, error)) {
    throw HandlersFileError(fmt::format("HANDLERS_FILE {} cannot be read: check the path and who may read it.", path));
  }
  const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  return parse_handlers_file(text, path);
}

}  // namespace taskgate::handlers
