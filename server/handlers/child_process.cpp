#include "handlers/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

namespace taskgate::handlers {
namespace {

constexpr const char* default_path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

[[noreturn]] void fail(int error, const char* what) { throw std::system_error(error, std::generic_category(), what); }

void check(int error, const char* what) {
  if (error != 0) fail(error, what);
}

// A file in memory: the program may read it as slowly as it likes, or not at all.
Descriptor in_memory(const std::string& content) {
  Descriptor file(::memfd_create("job", MFD_CLOEXEC));
  if (!file.is_open()) fail(errno, "memfd_create");
  std::size_t done = 0;
  while (done < content.size()) {
    const auto written = ::write(file.get(), content.data() + done, content.size() - done);
    if (written < 0 && errno != EINTR) fail(errno, "write");
    if (written > 0) done += static_cast<std::size_t>(written);
  }
  if (::lseek(file.get(), 0, SEEK_SET) != 0) fail(errno, "lseek");
  return file;
}

struct Pipe {
  Descriptor reader;  // does not block
  Descriptor writer;
};

Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) fail(errno, "pipe2");
  Pipe made{Descriptor(ends[0]), Descriptor(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) fail(errno, "fcntl");
  return made;
}

// posix_spawn's own two objects, destroyed with this one.
class SpawnPlan {
 public:
  SpawnPlan() {
    check(::posix_spawn_file_actions_init(&actions_), "posix_spawn_file_actions_init");
    check(::posix_spawnattr_init(&attributes_), "posix_spawnattr_init");
  }
  ~SpawnPlan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  void connect(int input, int output, int errors) {
    check(::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO), "dup2");
    check(::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO), "dup2");
    check(::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO), "dup2");
    check(::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1), "closefrom");
  }
  void start_in(const std::string& folder) {
    check(::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str()), "chdir");
  }
  // The server blocks and ignores signals; the program shall not.
  void reset_signals_in_new_group() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    check(::posix_spawnattr_setsigmask(&attributes_, &none), "setsigmask");
    check(::posix_spawnattr_setsigdefault(&attributes_, &all), "setsigdefault");
    check(::posix_spawnattr_setpgroup(&attributes_, 0), "setpgroup");
    check(::posix_spawnattr_setflags(&attributes_,
                                     POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP),
          "setflags");
  }
  pid_t spawn(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
    pid_t id = -1;
    auto argument_pointers = pointers(arguments);
    auto environment_pointers = pointers(environment);
    check(::posix_spawn(&id, arguments[0].c_str(), &actions_, &attributes_, argument_pointers.data(),
                        environment_pointers.data()),
          "posix_spawn");
    return id;
  }

 private:
  static std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (const std::string& text : texts) all.push_back(const_cast<char*>(text.c_str()));
    all.push_back(nullptr);
    return all;
  }
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

std::vector<std::string> environment_of(const Command& command) {
  std::vector<std::string> all;
  if (!command.environment.contains("PATH")) all.push_back(std::string("PATH=") + default_path);
  for (const auto& [name, value] : command.environment) all.push_back(name + "=" + value);
  return all;
}

}  // namespace

void Descriptor::close() {
  if (is_open()) ::close(release());
}

ChildProcess::ChildProcess(const Command& command, const std::string& input) {
  const Descriptor job = in_memory(input);
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  SpawnPlan plan;
  plan.connect(job.get(), output.writer.get(), errors.writer.get());
  plan.start_in(command.working_directory);
  plan.reset_signals_in_new_group();
  id_ = plan.spawn(command.arguments, environment_of(command));
  // Nobody else waits for it, so its number stays its own until collect().
  // (The header of glibc 2.36 declares pidfd_open for C only.)
  handle_ = Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, id_, 0)));
  if (!handle_.is_open()) {
    const int error = errno;
    collect();
    fail(error, "pidfd_open");
  }
  output_ = std::move(output.reader);
  errors_ = std::move(errors.reader);
}

ChildProcess::~ChildProcess() {
  if (id_ > 0) collect();
}

void ChildProcess::signal_group(int signal) const {
  if (id_ > 0) ::kill(-id_, signal);
}

ChildProcess::Status ChildProcess::collect() {
  // Before it is waited for: until then nobody else can get its number.
  signal_group(SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED) != 0 && errno == EINTR) {
  }
  id_ = -1;
  return {info.si_code != CLD_EXITED, info.si_status};
}

}  // namespace taskgate::handlers
