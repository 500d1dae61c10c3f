#include "base/open_connections.h"

#include <sys/socket.h>

#include <algorithm>

namespace base {

OpenConnections::OpenConnections(Options options)
    : options_(options), thread_([this](const std::stop_token& stop) { Run(stop); }) {}

OpenConnections::~OpenConnections() {
  {
    // Or the thread could miss it between its look and its wait.
    const MutexLock lock(mutex_);
    thread_.request_stop();
  }
  changed_.NotifyAll();
  thread_.join();
}

void OpenConnections::Add(int socket) {
  const MutexLock lock(mutex_);
  const auto silent = std::ranges::count_if(connections_, &Connection::is_silent);
  if (static_cast<std::size_t>(silent) >= options_.silent_limit) EndOldestSilent();
  if (connections_.empty()) changed_.NotifyAll();  // else the thread waits for an older one
  connections_.push_back({.socket = socket, .deadline = Deadline::After(options_.time_limit)});
  if (draining_) EndOldestSilent();
}

bool OpenConnections::MarkRequested(int socket) {
  const MutexLock lock(mutex_);
  const auto connection = Find(socket);
  if (connection == connections_.end()) return false;
  connection->is_silent = false;
  return true;
}

void OpenConnections::Remove(int socket) {
  const MutexLock lock(mutex_);
  const auto connection = Find(socket);
  if (connection != connections_.end()) Erase(connection);
}

void OpenConnections::Drain() {
  const MutexLock lock(mutex_);
  draining_ = true;
  while (std::ranges::any_of(connections_, &Connection::is_silent)) EndOldestSilent();
  while (!connections_.empty()) changed_.Wait(mutex_);
}

void OpenConnections::Run(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  while (!stop.stop_requested()) {
    if (connections_.empty()) {
      changed_.Wait(mutex_);
    } else if (const Deadline next = connections_.front().deadline; !next.Expired()) {
      changed_.WaitFor(mutex_, next.Remaining());
    } else {
      End(connections_.begin());
    }
  }
}

OpenConnections::Connections::iterator OpenConnections::Find(int socket) {
  return std::ranges::find(connections_, socket, &Connection::socket);
}

void OpenConnections::EndOldestSilent() {
  End(std::ranges::find_if(connections_, &Connection::is_silent));
}

void OpenConnections::End(Connections::iterator connection) {
  ::shutdown(connection->socket, SHUT_RDWR);
  Erase(connection);
}

void OpenConnections::Erase(Connections::iterator connection) {
  connections_.erase(connection);
  if (connections_.empty()) changed_.NotifyAll();
}

}  // namespace base
