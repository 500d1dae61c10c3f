// The connections of a server, each from its accept(2) to its close(2). It ends those that last too
// long and, when too many have not sent a whole request, the oldest of these: who opens many, or
// sends an octet now and then, loses his own, and who speaks at once is heard.

#pragma once

#include <cstddef>
#include <list>
#include <stop_token>
#include <thread>

#include "absl/time/time.h"
#include "base/deadline.h"
#include "base/mutex.h"

namespace base {

// Knows connections by their sockets, and ends one by shutdown(2): its server reads the end of the
// stream then, and closes it. Thread-safe.
class OpenConnections {
 public:
  struct Options {
    std::size_t silent_limit = 1;  // of those that have not sent a whole request
    absl::Duration time_limit;     // of each, with the time that its reply takes
  };

  explicit OpenConnections(Options options);
  ~OpenConnections();
  OpenConnections(const OpenConnections&) = delete;
  OpenConnections& operator=(const OpenConnections&) = delete;

  void Add(int socket);
  // Its whole request is here. False if it was ended before that: nobody waits for the reply.
  [[nodiscard]] bool MarkRequested(int socket);
  // Before `socket` is closed, and its number is another's.
  void Remove(int socket);

  // Ends those without a request, now and from now on; waits for the replies to the others.
  void Drain();

 private:
  struct Connection {
    int socket;
    Deadline deadline;
    bool is_silent = true;
  };
  using Connections = std::list<Connection>;  // the oldest first; few enough to look at each

  void Run(const std::stop_token& stop);
  Connections::iterator Find(int socket) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndOldestSilent() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(Connections::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Erase(Connections::iterator connection) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  Mutex mutex_;
  CondVar changed_;
  Connections connections_ ABSL_GUARDED_BY(mutex_);  // without those that were ended
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace base
