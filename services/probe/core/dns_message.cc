#include "probe/core/dns_message.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"

namespace probe {
namespace {

constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kUdpPayload = 1232;
constexpr std::uint16_t kExtendedErrorOption = 15;
constexpr int kMaxRecords = 2048;

absl::Status Broken(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("malformed message: %s", what));
}

void AppendU16(std::string& out, unsigned value) {
  out += static_cast<char>(value >> 8U & 0xffU);
  out += static_cast<char>(value & 0xffU);
}

// Reads a message front to back; every read past the end sets `failed` and yields zeros. Compressed
// names are read from the whole message.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> wire) : wire_(wire), end_(wire.size()) {}

  bool failed() const { return failed_; }
  std::size_t position() const { return at_; }

  std::uint8_t U8() { return Has(1) ? wire_[at_++] : std::uint8_t{0}; }
  std::uint16_t U16() {
    const unsigned high = U8();
    return static_cast<std::uint16_t>(high << 8U | U8());
  }
  std::uint32_t U32() {
    const std::uint32_t high = U16();
    return high << 16U | U16();
  }
  std::string_view Bytes(std::size_t count) {
    if (!Has(count)) return {};
    const auto* start = reinterpret_cast<const char*>(wire_.data() + at_);
    at_ += count;
    return {start, count};
  }

  // A name, compressed or not (RFC 1035, 4.1.4).
  DnsName Name() {
    std::array<char, 256> labels;
    std::size_t used = 0;
    std::size_t read = at_;
    std::size_t lowest = at_;  // each jump must go below it, so that no loop is possible
    bool jumped = false;
    while (!failed_) {
      if (read >= (jumped ? wire_.size() : end_)) break;
      const unsigned length = wire_[read];
      if (length == 0) {
        if (!jumped) at_ = read + 1;
        return Finish({labels.data(), used});
      }
      if (length >= 0xc0) {
        if (read + 1 >= (jumped ? wire_.size() : end_)) break;
        const std::size_t target = (length & 0x3fU) << 8U | wire_[read + 1];
        if (!jumped) at_ = read + 2;
        if (target >= lowest) break;
        jumped = true;
        lowest = read = target;
        continue;
      }
      if (length > 63 || read + 1 + length > wire_.size()) break;
      if (used + 1 + length > labels.size()) break;
      std::memcpy(labels.data() + used, wire_.data() + read, 1 + length);
      used += 1 + length;
      read += 1 + length;
    }
    failed_ = true;
    return {};
  }

  // A reader of the next `count` octets, in which compressed names may still point outside.
  Reader Section(std::size_t count) {
    Reader section(wire_);
    section.failed_ = !Has(count);
    section.at_ = at_;
    section.end_ = failed_ ? at_ : at_ + count;
    if (!failed_) at_ += count;
    return section;
  }
  std::size_t Left() const { return end_ - at_; }

 private:
  bool Has(std::size_t count) {
    if (count > end_ - at_) failed_ = true;
    return !failed_;
  }

  DnsName Finish(std::string_view labels) {
    std::optional<DnsName> name = DnsName::FromWire(labels);
    if (!name) failed_ = true;
    return name ? *std::move(name) : DnsName();
  }

  std::span<const std::uint8_t> wire_;
  std::size_t end_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

// RFC 2181, 8: a TTL with the top bit set counts as zero.
absl::Duration Ttl(std::uint32_t seconds) {
  return absl::Seconds(seconds > 0x7fffffffU ? 0 : static_cast<std::int64_t>(seconds));
}

Record::Data ReadAddress(Reader& rdata) {
  const std::string_view bytes = rdata.Bytes(rdata.Left());
  const auto address =
      IpAddress::FromBytes({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  if (!address) return std::monostate();
  return *address;
}

Record::Data ReadText(Reader& rdata) {
  std::string joined;
  while (rdata.Left() > 0 && !rdata.failed()) joined += rdata.Bytes(rdata.U8());
  return joined;
}

Record::Data ReadSoa(Reader& rdata) {
  rdata.Name();  // MNAME
  rdata.Name();  // RNAME
  SoaData soa{.serial = rdata.U32()};
  for (int skipped = 0; skipped < 3; ++skipped) rdata.U32();  // refresh, retry, expire
  soa.minimum = Ttl(rdata.U32());
  return soa;
}

Record::Data ReadCaa(Reader& rdata) {
  CaaData caa{.flags = rdata.U8()};
  caa.tag = absl::AsciiStrToLower(std::string(rdata.Bytes(rdata.U8())));
  caa.value = std::string(rdata.Bytes(rdata.Left()));
  return caa;
}

Record::Data ReadData(RrType type, Reader& rdata) {
  switch (type) {
    case RrType::kA:
    case RrType::kAaaa:
      return ReadAddress(rdata);
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kDname:
      return rdata.Name();
    case RrType::kTxt:
      return ReadText(rdata);
    case RrType::kSoa:
      return ReadSoa(rdata);
    case RrType::kCaa:
      return ReadCaa(rdata);
    case RrType::kOpt:
      break;
  }
  return std::monostate();
}

// An address record must have its type's length; anything else known must have been read whole.
bool IsSound(const Record& record) {
  if (record.type != RrType::kA && record.type != RrType::kAaaa) return true;
  const auto* address = std::get_if<IpAddress>(&record.data);
  return address != nullptr && address->is_v6() == (record.type == RrType::kAaaa);
}

void ReadOpt(std::uint32_t ttl, Reader& rdata, Message& message) {
  message.has_edns = true;
  message.rcode |= static_cast<int>(ttl >> 24U) << 4U;
  while (rdata.Left() > 0 && !rdata.failed()) {
    const std::uint16_t code = rdata.U16();
    Reader option = rdata.Section(rdata.U16());
    if (code != kExtendedErrorOption || message.extended_error) continue;
    const int info = option.U16();
    if (!option.failed()) message.extended_error = info;
  }
}

absl::Status ReadRecords(int count, Reader& reader, std::vector<Record>& out, Message& message) {
  for (int i = 0; i < count; ++i) {
    Record record{.owner = reader.Name()};
    record.type = static_cast<RrType>(reader.U16());
    const std::uint16_t rr_class = reader.U16();
    const std::uint32_t ttl = reader.U32();
    Reader rdata = reader.Section(reader.U16());
    if (reader.failed()) return Broken("a record ends early");
    if (record.type == RrType::kOpt) {
      ReadOpt(ttl, rdata, message);
      if (rdata.failed()) return Broken("an EDNS option ends early");
      continue;
    }
    if (rr_class != kClassInternet) continue;
    record.ttl = Ttl(ttl);
    record.data = ReadData(record.type, rdata);
    if (rdata.failed() || !IsSound(record)) return Broken("a record's data ends early");
    out.push_back(std::move(record));
  }
  return absl::OkStatus();
}

void ReadFlags(std::uint16_t flags, Message& message) {
  message.is_response = (flags & 0x8000U) != 0;
  message.authoritative = (flags & 0x0400U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  message.recursion_available = (flags & 0x0080U) != 0;
  message.authenticated_data = (flags & 0x0020U) != 0;
  message.rcode = flags & 0x000fU;
}

}  // namespace

std::string EncodeQuery(const Question& question, const QueryOptions& options) {
  std::string out;
  EncodeQuery(question, options, out);
  return out;
}

void EncodeQuery(const Question& question, const QueryOptions& options, std::string& out) {
  out.clear();
  out.reserve(kDnsHeaderLength + question.name.wire().size() + 5 + 11);
  AppendU16(out, options.id);
  // A resolver only says whether it has validated if it is asked to, by AD (RFC 6840, 5.7).
  const unsigned recursion = options.recursion_desired ? 0x0120U : 0U;
  AppendU16(out, recursion | (options.checking_disabled ? 0x0010U : 0U));
  AppendU16(out, 1);
  AppendU16(out, 0);
  AppendU16(out, 0);
  AppendU16(out, options.edns ? 1 : 0);
  const std::string_view name = question.name.wire();
  out += name;
  char* const letters = out.data() + kDnsHeaderLength;
  for (std::size_t i = 0; i < name.size(); ++i) {
    // Length octets are below 'A', so they pass unchanged.
    const bool letter = letters[i] >= 'a' && letters[i] <= 'z';
    const bool upper = (options.case_bits[i / 8] >> (i % 8) & 1U) != 0;
    letters[i] = static_cast<char>(letters[i] - (letter && upper ? 'a' - 'A' : 0));
  }
  out += '\0';
  AppendU16(out, static_cast<unsigned>(question.type));
  AppendU16(out, kClassInternet);
  if (!options.edns) return;
  out += '\0';
  AppendU16(out, static_cast<unsigned>(RrType::kOpt));
  AppendU16(out, kUdpPayload);
  out.append(6, '\0');  // extended rcode, version, flags; no options
}

absl::StatusOr<Message> ParseMessage(std::span<const std::uint8_t> wire) {
  Reader reader(wire);
  Message message{.id = reader.U16()};
  ReadFlags(reader.U16(), message);
  const int questions = reader.U16();
  const int answers = reader.U16();
  const int authority = reader.U16();
  const int additional = reader.U16();
  if (reader.failed()) return Broken("the header ends early");
  if (questions > 1) return Broken("more than one question");
  if (questions == 1) {
    Question question{.name = reader.Name()};
    question.type = static_cast<RrType>(reader.U16());
    reader.U16();
    if (reader.failed()) return Broken("the question ends early");
    message.question = std::move(question);
  }
  if (message.truncated) return message;
  if (answers + authority + additional > kMaxRecords) return Broken("too many records");
  RETURN_IF_ERROR(ReadRecords(answers, reader, message.answers, message));
  RETURN_IF_ERROR(ReadRecords(authority, reader, message.authority, message));
  RETURN_IF_ERROR(ReadRecords(additional, reader, message.additional, message));
  return message;
}

}  // namespace probe
