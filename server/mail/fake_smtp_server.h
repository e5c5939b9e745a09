#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <condition_variable>
#include <cstdint>
#include <istream>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace taskgate::mail {

// A small SMTP server on the loopback for tests: records every line it is sent and answers as told.
class FakeSmtpServer {
 public:
  struct Conversation {
    std::vector<std::string> commands;  // without line ends
    std::string data;                   // as it came over the wire, dots stuffed, without the final one
  };

  FakeSmtpServer() : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}), thread_([this] { serve(); }) {}
  ~FakeSmtpServer() {
    stopping_ = true;
    boost::system::error_code ignored;
    boost::asio::ip::tcp::socket waker(context_);
    waker.connect(acceptor_.local_endpoint(), ignored);
    thread_.join();
  }
  FakeSmtpServer(const FakeSmtpServer&) = delete;
  FakeSmtpServer& operator=(const FakeSmtpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  // The answers to the next commands that begin with `verb`; afterwards all is well again.
  void answer(const std::string& verb, std::vector<std::string> lines) {
    const std::lock_guard lock(mutex_);
    answers_[verb] = std::move(lines);
  }

  // Waits until so many conversations have ended.
  std::vector<Conversation> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    ended_.wait_for(lock, std::chrono::seconds{20}, [&] { return conversations_.size() >= count; });
    return conversations_;
  }

 private:
  void serve() {
    for (;;) {
      boost::asio::ip::tcp::socket socket(context_);
      boost::system::error_code error;
      acceptor_.accept(socket, error);
      if (error || stopping_) return;
      Conversation conversation;
      converse(socket, conversation);
      const std::lock_guard lock(mutex_);
      conversations_.push_back(std::move(conversation));
      ended_.notify_all();
    }
  }

  void converse(boost::asio::ip::tcp::socket& socket, Conversation& conversation) {
    boost::asio::streambuf buffer;
    boost::system::error_code error;
    say(socket, reply("CONNECT", "220 fake ESMTP"));
    for (;;) {
      std::string line = read_line(socket, buffer, error);
      if (error) return;
      conversation.commands.push_back(line);
      const std::string verb = line.substr(0, line.find(' '));
      const std::string answered = reply(verb, verb == "DATA"   ? "354 go on"
                                               : verb == "EHLO" ? "250-fake\r\n250 SMTPUTF8"
                                                                : "250 fine");
      say(socket, answered);
      if (verb == "QUIT") return;
      if (verb != "DATA" || !answered.starts_with("354")) continue;
      for (line = read_line(socket, buffer, error); !error && line != "."; line = read_line(socket, buffer, error)) {
        conversation.data += line + "\r\n";
      }
      if (error) return;
      say(socket, reply(".", "250 queued"));
    }
  }

  static std::string read_line(boost::asio::ip::tcp::socket& socket, boost::asio::streambuf& buffer,
                               boost::system::error_code& error) {
    const std::size_t length = boost::asio::read_until(socket, buffer, "\r\n", error);
    if (error) return {};
    std::string line(length, '\0');
    std::istream(&buffer).read(line.data(), static_cast<std::streamsize>(length));
    line.resize(length - 2);
    return line;
  }

  static void say(boost::asio::ip::tcp::socket& socket, const std::string& line) {
    boost::system::error_code ignored;
    boost::asio::write(socket, boost::asio::buffer(line + "\r\n"), ignored);
  }

  std::string reply(const std::string& verb, const std::string& otherwise) {
    const std::lock_guard lock(mutex_);
    auto& planned = answers_[verb];
    if (planned.empty()) return otherwise;
    std::string line = planned.front();
    planned.erase(planned.begin());
    return line;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable ended_;
  std::map<std::string, std::vector<std::string>> answers_;
  std::vector<Conversation> conversations_;
  std::thread thread_;  // last: it uses the others
};

}  // namespace taskgate::mail
