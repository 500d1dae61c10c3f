// `padlock watch`: follows one domain, or all, along the events, and prints things as they happen:
// each record, what each server says of it, the agreement, the order's steps.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/screen.h"

namespace cli {

// Confined to one thread.
class Watcher {
 public:
  struct Options {
    bool json = false;          // events only, one object per line
    bool until_issued = false;  // ends, OK, with the certificate; needs a domain
    absl::Duration timeout = absl::InfiniteDuration();
  };

  // All must outlive this object.
  Watcher(Client& client, Screen& screen, const base::Clock& clock, Options options);

  // `domain` is a hostname, id or name; empty: all domains.
  //
  // DEADLINE_EXCEEDED: the time ran out. FAILED_PRECONDITION: nothing more will happen without
  // somebody's doing (only with until_issued). A lost connection is made again, unless it is the
  // first.
  absl::Status Run(const std::string& domain);

 private:
  bool OnMessage(const padlock::cert::v1::WatchEventsResponse& message);
  absl::Status Begin();
  absl::Status OnEvent(const padlock::cert::v1::Event& event);
  absl::Status ShowDomainCheck(const std::string& domain);
  absl::Status ShowOrderCheck(const std::string& certificate);
  // NOT_FOUND where it never had one, too.
  absl::StatusOr<padlock::cert::v1::Certificate> OwnCertificate();
  absl::Status ShowIssuance(const std::string& certificate);
  // Prints those lines that the last check of the same subject did not have.
  void PrintNews(const std::string& subject, const std::vector<std::string>& lines);
  absl::Status Redraw();
  std::string HostOf(const std::string& domain);
  absl::Duration Pause();

  Client& client_;
  Screen& screen_;
  const base::Clock& clock_;
  const Options options_;

  Client::Watch watch_;
  bool begun_ = false;
  bool done_ = false;
  int failures_ = 0;         // to connect, in a row
  absl::Status outcome_;     // why the watch ends, once it does
  std::string certificate_;  // of the one domain; empty: only some of several names
  std::map<std::string, std::set<std::string>> seen_;  // lines of the last check, by subject
  std::map<std::string, std::string> hosts_;           // by domain
};

}  // namespace cli
