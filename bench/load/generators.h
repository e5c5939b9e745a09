#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace taskgate::bench {

// One request again and again, on each connection the next as soon as the last is answered; or at a rate, answered or
// not, as far as there are connections free.
struct FloodOptions {
  std::uint16_t port = 0;
  std::size_t connections = 1;
  std::size_t requests = 0;  // so many answers; 0: as long as `seconds`
  double seconds = 5;
  double rate = 0;  // requests a second; 0: as fast as it goes
  std::string method = "GET";
  std::string target = "/";
  std::string authorization;  // bearer token or API key
  std::string body;           // JSON
};
void flood(const FloodOptions& options);

// Jobs through the worker protocol: claims of many with the settles of the last riding along, while others submit.
struct WorkOptions {
  std::uint16_t port = 0;
  std::string key;             // API key for workers and for submitting
  std::string type = "bench";  // of the jobs
  std::size_t jobs = 100'000;  // until so many are settled
  std::size_t workers = 2;     // connections that claim
  std::size_t claim = 500;     // jobs per claim
  std::size_t submitters = 0;  // connections that submit; 0: the jobs wait already
  std::size_t batch = 1'000;   // jobs per submit
  std::size_t ahead = 20'000;  // submitters rest while so many wait
};
void work(const WorkOptions& options);

// From the moment one client sends a job until a worker that waited has it in hands.
struct StartLatencyOptions {
  std::uint16_t port = 0;
  std::string key;
  std::size_t rounds = 500;
};
void start_latency(const StartLatencyOptions& options);

// Store and queue in this process, without HTTP.
struct EngineOptions {
  std::string folder;  // of the database, new
  std::size_t jobs = 200'000;
  std::size_t users = 1;
  bool limits = false;  // per type, per type and user, per user, and weights
  std::size_t batch = 1'000;
};
void engine(const EngineOptions& options);

// What one write of a page with fdatasync costs there.
struct SyncOptions {
  std::string folder;
  std::size_t rounds = 500;
};
void sync(const SyncOptions& options);

}  // namespace taskgate::bench
