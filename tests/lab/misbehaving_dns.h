// A small nameserver that does, name by name, what real servers and attackers do wrong. Only for
// tests of the client: zones are served by Knot.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/mutex.h"
#include "lab/descriptor.h"

namespace lab {

enum class Trick {
  kNone,
  kDrop,            // says nothing
  kWrongId,         // then nothing more
  kWrongPort,       // answers from another port
  kWrongAddress,    // answers from another address, whose port is right
  kWrongCase,       // the question in lower case
  kWrongQuestion,   // the question of another name
  kEcho,            // sends the query back
  kGarbage,         // nonsense behind the right header and question; over TCP too
  kTruncate,        // over UDP, TC and no records; over TCP the truth
  kTruncateAlways,  // over TCP too
  kPointerLoop,     // a record whose name is a compression pointer to itself; over TCP too
  kForgeFirst,      // a wrong answer with a wrong id before the right one
  kForgeMany,       // hundreds of those, each with an id of its own
  kNoEdns,          // FORMERR without OPT to whoever sends OPT
};

// How one question is answered.
struct Script {
  Trick trick = Trick::kNone;
  absl::Duration delay = absl::ZeroDuration();  // over UDP
  int rcode = 0;
  bool authoritative = true;
  // "www.test. 60 IN TXT value"
  std::vector<std::string> answers = {};
  std::vector<std::string> authority = {};
  std::vector<std::string> additional = {};
};

// Thread-safe.
class MisbehavingDns {
 public:
  // Listens on UDP and TCP. Port 0: any free one.
  static absl::StatusOr<std::unique_ptr<MisbehavingDns>> Start(const std::string& address,
                                                               int port = 0);
  ~MisbehavingDns();
  MisbehavingDns(const MisbehavingDns&) = delete;
  MisbehavingDns& operator=(const MisbehavingDns&) = delete;

  int port() const { return port_; }

  // `name` in lower case without the trailing dot, `type` such as "TXT". What has no script is
  // REFUSED.
  void Answer(const std::string& name, const std::string& type, Script script);

  // Questions received so far, as "udp www.test TXT" or "tcp www.test TXT".
  std::vector<std::string> Questions() const;
  // How many of them are exactly this.
  int Count(const std::string& question) const;

 private:
  using Packet = std::vector<unsigned char>;
  struct Peer;
  struct Delayed;

  struct Sockets {
    Descriptor udp;
    Descriptor other_port;
    Descriptor other_address;
    Descriptor tcp;
    Descriptor stop;
  };

  MisbehavingDns(Sockets sockets, int port);

  void Run();
  void ReadUdp(std::multimap<absl::Time, Delayed>& later);
  void ServeTcp();
  static void SendTo(const Peer& peer, const Packet& packet, const Descriptor& from);
  void SendForged(const Peer& peer, Packet answer, unsigned count) const;
  const Descriptor& SourceFor(Trick trick) const;
  Script Find(const std::string& name, const std::string& type, bool tcp);

  const Sockets sockets_;
  const int port_;
  mutable base::Mutex mutex_;
  std::map<std::pair<std::string, std::string>, Script> scripts_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> questions_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace lab
