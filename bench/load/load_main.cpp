// taskgate-load: the load generators of ./dev bench. Each command measures once and prints one JSON object of figures.
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <exception>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>

#include "load/generators.h"
#include "load/job_texts.h"

namespace {

using namespace taskgate::bench;

using Action = std::function<void()>;

void add_flood(CLI::App& program, Action& action) {
  static FloodOptions options;
  static std::size_t batch = 0;
  auto* command = program.add_subcommand("flood", "One request again and again");
  command->add_option("--port", options.port)->required();
  command->add_option("--connections", options.connections);
  command->add_option("--requests", options.requests, "Ends after so many answers");
  command->add_option("--seconds", options.seconds);
  command->add_option("--rate", options.rate, "Requests a second, whether they are answered or not");
  command->add_option("--method", options.method);
  command->add_option("--target", options.target);
  command->add_option("--authorization", options.authorization, "Bearer token or API key");
  command->add_option("--body", options.body, "JSON");
  command->add_option("--batch", batch, "The body is a batch of so many jobs");
  command->callback([&action] {
    action = [] {
      if (batch > 0) options.body = batch_body("bench", batch);
      flood(options);
    };
  });
}

void add_work(CLI::App& program, Action& action) {
  static WorkOptions options;
  auto* command = program.add_subcommand("work", "Claims and settles jobs over HTTP, and submits them meanwhile");
  command->add_option("--port", options.port)->required();
  command->add_option("--key", options.key)->required();
  command->add_option("--type", options.type);
  command->add_option("--jobs", options.jobs);
  command->add_option("--workers", options.workers);
  command->add_option("--claim", options.claim);
  command->add_option("--submitters", options.submitters);
  command->add_option("--batch", options.batch);
  command->add_option("--ahead", options.ahead);
  command->callback([&action] { action = [] { work(options); }; });
}

void add_start_latency(CLI::App& program, Action& action) {
  static StartLatencyOptions options;
  auto* command = program.add_subcommand("start-latency", "From a submit until a waiting worker has the job");
  command->add_option("--port", options.port)->required();
  command->add_option("--key", options.key)->required();
  command->add_option("--rounds", options.rounds);
  command->callback([&action] { action = [] { start_latency(options); }; });
}

void add_engine(CLI::App& program, Action& action) {
  static EngineOptions options;
  auto* command = program.add_subcommand("engine", "Store and queue in this process");
  command->add_option("--folder", options.folder)->required();
  command->add_option("--jobs", options.jobs);
  command->add_option("--users", options.users);
  command->add_option("--batch", options.batch);
  command->add_flag("--limits", options.limits);
  command->callback([&action] { action = [] { engine(options); }; });
}

void add_sync(CLI::App& program, Action& action) {
  static SyncOptions options;
  auto* command = program.add_subcommand("sync", "What a small write with fdatasync costs");
  command->add_option("--folder", options.folder)->required();
  command->add_option("--rounds", options.rounds);
  command->callback([&action] { action = [] { sync(options); }; });
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App program{"Load generators of ./dev bench"};
  program.require_subcommand(1);
  Action action;
  add_flood(program, action);
  add_work(program, action);
  add_start_latency(program, action);
  add_engine(program, action);
  add_sync(program, action);
  CLI11_PARSE(program, count, arguments);
  try {
    action();
    return 0;
  } catch (const std::exception& failure) {
    std::cerr << "taskgate-load: " << failure.what() << '\n';
    return 1;
  }
}
