#include "lab/misbehaving_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "base/clock.h"
#include "base/status_macros.h"

// Last: it defines bool and false, which the standard headers do not survive.
#include <ldns/ldns.h>

namespace lab {
namespace {

constexpr std::size_t kMaxPacket = 65535;
constexpr unsigned kForged = 300;
constexpr char kOtherAddress[] = "127.255.255.254";  // is nobody's

using PacketPointer = std::unique_ptr<ldns_pkt, decltype(&ldns_pkt_free)>;

std::string TakeText(char* text) {
  std::string taken(text);
  std::free(text);
  return taken;
}

std::string NameOf(const ldns_rr* question) {
  std::string name = absl::AsciiStrToLower(TakeText(ldns_rdf2str(ldns_rr_owner(question))));
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  return name;
}

std::string TypeOf(const ldns_rr* question) {
  return TakeText(ldns_rr_type2str(ldns_rr_get_type(question)));
}

void Push(ldns_pkt* packet, ldns_pkt_section section, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    ldns_rr* record = nullptr;
    if (ldns_rr_new_frm_str(&record, line.c_str(), 60, nullptr, nullptr) != LDNS_STATUS_OK) {
      std::abort();  // a test's own mistake
    }
    ldns_pkt_push_rr(packet, section, record);
  }
}

// The question that is shown in the answer.
ldns_rr* ShownQuestion(const ldns_rr* asked, Trick trick) {
  ldns_rr* question = ldns_rr_clone(asked);
  if (trick == Trick::kWrongCase) ldns_dname2canonical(ldns_rr_owner(question));
  if (trick == Trick::kWrongQuestion) {
    ldns_rdf_deep_free(ldns_rr_owner(question));
    ldns_rr_set_owner(question, ldns_dname_new_frm_str("another.name.test."));
  }
  return question;
}

std::vector<unsigned char> Encode(const ldns_pkt* packet) {
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&wire, packet, &size) != LDNS_STATUS_OK) std::abort();
  std::vector<unsigned char> octets(wire, wire + size);
  std::free(wire);
  return octets;
}

std::vector<unsigned char> MakeAnswer(const ldns_pkt* query, const Script& script, bool tcp) {
  const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(query), 0);
  const PacketPointer packet(ldns_pkt_new(), &ldns_pkt_free);
  ldns_pkt_set_id(packet.get(), ldns_pkt_id(query));
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_aa(packet.get(), script.authoritative);
  ldns_pkt_set_ra(packet.get(), !script.authoritative);
  ldns_pkt_set_rcode(packet.get(), static_cast<std::uint8_t>(script.rcode));
  ldns_pkt_push_rr(packet.get(), LDNS_SECTION_QUESTION, ShownQuestion(asked, script.trick));
  if (script.trick == Trick::kNoEdns && ldns_pkt_edns(query)) {
    ldns_pkt_set_rcode(packet.get(), LDNS_RCODE_FORMERR);
    return Encode(packet.get());
  }
  if (script.trick == Trick::kTruncateAlways || (script.trick == Trick::kTruncate && !tcp)) {
    ldns_pkt_set_tc(packet.get(), true);
    return Encode(packet.get());
  }
  Push(packet.get(), LDNS_SECTION_ANSWER, script.answers);
  Push(packet.get(), LDNS_SECTION_AUTHORITY, script.authority);
  Push(packet.get(), LDNS_SECTION_ADDITIONAL, script.additional);
  return Encode(packet.get());
}

// What the trick does to the answer's octets.
std::vector<unsigned char> Spoil(std::vector<unsigned char> answer, const ldns_rr* asked,
                                 Trick trick) {
  if (trick == Trick::kWrongId) answer[1] ^= 0x55U;
  const std::size_t question = 12 + ldns_rdf_size(ldns_rr_owner(asked)) + 4;
  if (trick == Trick::kGarbage) {
    // Header and question are right; where the records should be, nothing makes sense.
    answer.resize(std::min(answer.size(), question));
    answer[7] = 9;
    answer.insert(answer.end(), 20, 0xffU);
  }
  if (trick == Trick::kPointerLoop) {
    answer[question] = static_cast<unsigned char>(0xc0U | question >> 8U);
    answer[question + 1] = static_cast<unsigned char>(question & 0xffU);
  }
  return answer;
}

absl::StatusOr<Descriptor> Bind(const std::string& address, int type, int port) {
  Descriptor socket(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_port = htons(static_cast<std::uint16_t>(port));
  if (inet_pton(AF_INET, address.c_str(), &local.sin_addr) != 1) {
    return absl::InvalidArgumentError(address);
  }
  if (bind(socket.get(), reinterpret_cast<sockaddr*>(&local), sizeof(local)) != 0) {
    return absl::ErrnoToStatus(errno, "bind " + address);
  }
  return socket;
}

int PortOf(const Descriptor& socket) {
  sockaddr_in local{};
  socklen_t length = sizeof(local);
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &length);
  return ntohs(local.sin_port);
}

bool ReadWhole(int fd, unsigned char* out, std::size_t size) {
  while (size > 0) {
    const ssize_t got = recv(fd, out, size, 0);
    if (got <= 0) return false;
    out += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

PacketPointer Decode(const std::vector<unsigned char>& octets) {
  ldns_pkt* query = nullptr;
  if (ldns_wire2pkt(&query, octets.data(), octets.size()) != LDNS_STATUS_OK) query = nullptr;
  PacketPointer packet(query, &ldns_pkt_free);
  if (packet && ldns_rr_list_rr_count(ldns_pkt_question(packet.get())) != 1) packet.reset();
  return packet;
}

struct BoundPair {
  Descriptor udp;
  Descriptor tcp;
};

// One port for both. A free UDP port that the system chooses may be taken for TCP: then another.
absl::StatusOr<BoundPair> BindBoth(const std::string& address, int port) {
  constexpr int kAttempts = 50;
  absl::Status last;
  for (int i = 0; i < kAttempts; ++i) {
    ASSIGN_OR_RETURN(Descriptor udp, Bind(address, SOCK_DGRAM, port));
    absl::StatusOr<Descriptor> tcp = Bind(address, SOCK_STREAM, PortOf(udp));
    if (tcp.ok()) return BoundPair{std::move(udp), *std::move(tcp)};
    last = tcp.status();
    if (port != 0) break;
  }
  return last;
}

}  // namespace

struct MisbehavingDns::Peer {
  sockaddr_in address{};
};

struct MisbehavingDns::Delayed {
  Peer peer;
  Packet packet;
};

absl::StatusOr<std::unique_ptr<MisbehavingDns>> MisbehavingDns::Start(const std::string& address,
                                                                      int port) {
  ASSIGN_OR_RETURN(BoundPair pair, BindBoth(address, port));
  auto& [udp, tcp] = pair;
  const int bound = PortOf(udp);
  ASSIGN_OR_RETURN(Descriptor other_port, Bind(address, SOCK_DGRAM, 0));
  ASSIGN_OR_RETURN(Descriptor other_address, Bind(kOtherAddress, SOCK_DGRAM, bound));
  if (listen(tcp.get(), 16) != 0) return absl::ErrnoToStatus(errno, "listen");
  Sockets sockets{.udp = std::move(udp),
                  .other_port = std::move(other_port),
                  .other_address = std::move(other_address),
                  .tcp = std::move(tcp),
                  .stop = Descriptor(eventfd(0, EFD_CLOEXEC))};
  return std::unique_ptr<MisbehavingDns>(new MisbehavingDns(std::move(sockets), bound));
}

MisbehavingDns::MisbehavingDns(Sockets sockets, int port)
    : sockets_(std::move(sockets)), port_(port), thread_([this] { Run(); }) {}

MisbehavingDns::~MisbehavingDns() {
  const std::uint64_t one = 1;
  if (write(sockets_.stop.get(), &one, sizeof(one)) != sizeof(one)) std::abort();
  thread_.join();
}

void MisbehavingDns::Answer(const std::string& name, const std::string& type, Script script) {
  base::MutexLock lock(mutex_);
  scripts_[{name, type}] = std::move(script);
}

std::vector<std::string> MisbehavingDns::Questions() const {
  base::MutexLock lock(mutex_);
  return questions_;
}

int MisbehavingDns::Count(const std::string& question) const {
  base::MutexLock lock(mutex_);
  return static_cast<int>(std::ranges::count(questions_, question));
}

void MisbehavingDns::Run() {
  std::multimap<absl::Time, Delayed> later;
  while (true) {
    int timeout_milliseconds = -1;
    const absl::Time now = base::SystemClock().TimeNow();
    while (!later.empty() && later.begin()->first <= now) {
      SendTo(later.begin()->second.peer, later.begin()->second.packet, sockets_.udp);
      later.erase(later.begin());
    }
    if (!later.empty()) {
      const absl::Duration left = later.begin()->first - now;
      timeout_milliseconds = static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
    }
    std::array<pollfd, 3> polled = {pollfd{sockets_.udp.get(), POLLIN, 0},
                                    pollfd{sockets_.tcp.get(), POLLIN, 0},
                                    pollfd{sockets_.stop.get(), POLLIN, 0}};
    poll(polled.data(), polled.size(), timeout_milliseconds);
    if (polled[2].revents != 0) return;
    if (polled[0].revents != 0) ReadUdp(later);
    if (polled[1].revents != 0) ServeTcp();
  }
}

void MisbehavingDns::ReadUdp(std::multimap<absl::Time, Delayed>& later) {
  Peer peer;
  Packet octets(kMaxPacket);
  socklen_t length = sizeof(peer.address);
  const ssize_t got = recvfrom(sockets_.udp.get(), octets.data(), octets.size(), 0,
                               reinterpret_cast<sockaddr*>(&peer.address), &length);
  if (got <= 0) return;
  octets.resize(static_cast<std::size_t>(got));
  const PacketPointer query = Decode(octets);
  if (query == nullptr) return;
  const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(query.get()), 0);
  const Script script = Find(NameOf(asked), TypeOf(asked), false);
  if (script.trick == Trick::kDrop) return;
  if (script.trick == Trick::kEcho) return SendTo(peer, octets, sockets_.udp);
  if (script.trick == Trick::kForgeFirst || script.trick == Trick::kForgeMany) {
    Script forged = script;
    forged.answers.clear();
    const Packet answer = MakeAnswer(query.get(), forged, false);
    SendForged(peer, answer, script.trick == Trick::kForgeMany ? kForged : 1);
  }
  Packet answer = Spoil(MakeAnswer(query.get(), script, false), asked, script.trick);
  if (script.delay == absl::ZeroDuration()) {
    return SendTo(peer, answer, SourceFor(script.trick));
  }
  later.emplace(base::SystemClock().TimeNow() + script.delay, Delayed{peer, std::move(answer)});
}

// One question for each connection, as our client asks.
void MisbehavingDns::ServeTcp() {
  const Descriptor connection(accept4(sockets_.tcp.get(), nullptr, nullptr, SOCK_CLOEXEC));
  const timeval patience{.tv_sec = 2, .tv_usec = 0};
  setsockopt(connection.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::array<unsigned char, 2> size{};
  if (!ReadWhole(connection.get(), size.data(), size.size())) return;
  Packet octets(static_cast<std::size_t>(size[0] << 8 | size[1]));
  if (!ReadWhole(connection.get(), octets.data(), octets.size())) return;
  const PacketPointer query = Decode(octets);
  if (query == nullptr) return;
  const ldns_rr* asked = ldns_rr_list_rr(ldns_pkt_question(query.get()), 0);
  const Script script = Find(NameOf(asked), TypeOf(asked), true);
  // Most tricks are those of UDP; over TCP the same server tells the truth.
  Script honest = script;
  const bool lies = script.trick == Trick::kTruncateAlways || script.trick == Trick::kGarbage ||
                    script.trick == Trick::kPointerLoop;
  if (!lies) honest.trick = Trick::kNone;
  Packet answer = Spoil(MakeAnswer(query.get(), honest, true), asked, honest.trick);
  const std::size_t length = answer.size();
  answer.insert(answer.begin(), {static_cast<unsigned char>(length >> 8U),
                                 static_cast<unsigned char>(length & 0xffU)});
  static_cast<void>(!send(connection.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
}

void MisbehavingDns::SendTo(const Peer& peer, const Packet& packet, const Descriptor& from) {
  static_cast<void>(!sendto(from.get(), packet.data(), packet.size(), 0,
                            reinterpret_cast<const sockaddr*>(&peer.address),
                            sizeof(peer.address)));
}

// Answers with ids around the right one, which is not among them.
void MisbehavingDns::SendForged(const Peer& peer, Packet answer, unsigned count) const {
  const unsigned id = answer[0] * 256U + answer[1];
  for (unsigned i = 1; i <= count; ++i) {
    const unsigned forged = id ^ i;
    answer[0] = static_cast<unsigned char>(forged >> 8U);
    answer[1] = static_cast<unsigned char>(forged & 0xffU);
    SendTo(peer, answer, sockets_.udp);
  }
}

const Descriptor& MisbehavingDns::SourceFor(Trick trick) const {
  if (trick == Trick::kWrongPort) return sockets_.other_port;
  return trick == Trick::kWrongAddress ? sockets_.other_address : sockets_.udp;
}

Script MisbehavingDns::Find(const std::string& name, const std::string& type, bool tcp) {
  base::MutexLock lock(mutex_);
  questions_.push_back((tcp ? "tcp " : "udp ") + name + " " + type);
  const auto found = scripts_.find({name, type});
  return found != scripts_.end() ? found->second : Script{.rcode = LDNS_RCODE_REFUSED};
}

}  // namespace lab
