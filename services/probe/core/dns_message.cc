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
#include "base/strings.h"
#include "probe/core/letter_case.h"

namespace probe {
namespace {

constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kUdpPayload = 1232;
constexpr std::uint16_t kExtendedErrorOption = 15;
constexpr int kMaxRecords = 2048;

absl::Status Broken(std::string_view what) {
  return absl::InvalidArgumentError(absl::StrFormat("malformed message: %s", what));
}

constexpr std::size_t kAdditionalCount = 10;  // where it stands in the header
constexpr std::size_t kOptLength = 11;

void PutU16(unsigned value, std::uint8_t* out) {
  out[0] = static_cast<std::uint8_t>(value >> 8U);
  out[1] = static_cast<std::uint8_t>(value);
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

  // A name, compressed or not (RFC 1035, 4.1.4). Labels that lie together are taken together,
  // nearly always all of them.
  DnsName Name() {
    if (at_ < end_ && wire_[at_] == 0) {  // the root, as of OPT
      ++at_;
      return {};
    }
    std::array<char, 256> labels;
    std::size_t used = 0;
    std::size_t run = at_;  // where the labels begin that are to be taken next
    std::size_t read = at_;
    std::size_t lowest = at_;  // each jump must go below it, so that no loop is possible
    bool jumped = false;
    while (!failed_) {
      if (read >= (jumped ? wire_.size() : end_)) break;
      if (used + (read - run) > labels.size()) break;
      const unsigned length = wire_[read];
      if (length == 0 && !jumped) {
        at_ = read + 1;
        return Finish(View(run, read));
      }
      if (length == 0 || length >= 0xc0) {
        std::ranges::copy(View(run, read), labels.begin() + used);
        used += read - run;
      }
      if (length == 0) return Finish({labels.data(), used});
      if (length >= 0xc0) {
        if (read + 1 >= (jumped ? wire_.size() : end_)) break;
        const std::size_t target = (length & 0x3fU) << 8U | wire_[read + 1];
        if (!jumped) at_ = read + 2;
        if (target >= lowest) break;
        jumped = true;
        lowest = run = read = target;
        continue;
      }
      if (length > 63 || read + 1 + length > wire_.size()) break;
      read += 1 + length;
    }
    failed_ = true;
    return {};
  }

  // Whether the next name is nothing but a pointer to `target`, which is skipped then.
  bool SkipPointerTo(std::size_t target) {
    if (failed_ || end_ - at_ < 2 || wire_[at_] != 0xc0 || wire_[at_ + 1] != target) return false;
    at_ += 2;
    return true;
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

  std::string_view View(std::size_t begin, std::size_t end) const {
    return {reinterpret_cast<const char*>(wire_.data()) + begin, end - begin};
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
  const auto address = IpAddress::FromBytes(base::AsBytes(bytes));
  if (!address) return std::monostate();
  return *address;
}

// Into the text that is there from an earlier message, if there is one.
void ReadText(Reader& rdata, Record::Data& data) {
  auto* text = std::get_if<std::string>(&data);
  std::string& joined = text != nullptr ? *text : data.emplace<std::string>();
  joined.clear();
  while (rdata.Left() > 0 && !rdata.failed()) joined += rdata.Bytes(rdata.U8());
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

void ReadData(RrType type, Reader& rdata, Record::Data& data) {
  switch (type) {
    case RrType::kA:
    case RrType::kAaaa:
      data = ReadAddress(rdata);
      return;
    case RrType::kNs:
    case RrType::kCname:
    case RrType::kDname:
      data = rdata.Name();
      return;
    case RrType::kTxt:
      return ReadText(rdata, data);
    case RrType::kSoa:
      data = ReadSoa(rdata);
      return;
    case RrType::kCaa:
      data = ReadCaa(rdata);
      return;
    case RrType::kOpt:
      break;
  }
  data = std::monostate();
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
  std::size_t kept = 0;
  for (int i = 0; i < count; ++i) {
    // Owners nearly always point at the question's name.
    const bool is_asked = message.question && reader.SkipPointerTo(kDnsHeaderLength);
    DnsName owner = is_asked ? DnsName() : reader.Name();
    const auto type = static_cast<RrType>(reader.U16());
    const std::uint16_t rr_class = reader.U16();
    const std::uint32_t ttl = reader.U32();
    Reader rdata = reader.Section(reader.U16());
    if (reader.failed()) return Broken("a record ends early");
    if (type == RrType::kOpt) {
      ReadOpt(ttl, rdata, message);
      if (rdata.failed()) return Broken("an EDNS option ends early");
      continue;
    }
    if (rr_class != kClassInternet) continue;
    if (kept == out.size()) out.emplace_back();
    Record& record = out[kept++];
    record.owner = is_asked ? message.question->name : std::move(owner);
    record.type = type;
    record.ttl = Ttl(ttl);
    ReadData(type, rdata, record.data);
    if (rdata.failed() || !IsSound(record)) return Broken("a record's data ends early");
  }
  out.resize(kept);
  return absl::OkStatus();
}

void ReadFlags(std::uint16_t flags, Message& message) {
  message.authoritative = (flags & 0x0400U) != 0;
  message.truncated = (flags & 0x0200U) != 0;
  message.recursion_available = (flags & 0x0080U) != 0;
  message.authenticated_data = (flags & 0x0020U) != 0;
  message.rcode = flags & 0x000fU;
  message.has_edns = false;
  message.extended_error.reset();
}

}  // namespace

void EncodeQuery(const Question& question, const QueryOptions& options, EncodedQuery& out) {
  const std::string_view name = question.name.wire();
  out.resize(kDnsHeaderLength + name.size() + 1 + 4 + (options.edns ? kOptLength : 0));
  std::memset(out.data(), 0, out.size());
  PutU16(options.id, out.data());
  // A resolver only says whether it has validated if it is asked to, by AD (RFC 6840, 5.7).
  const unsigned recursion = options.recursion_desired ? 0x0120U : 0U;
  PutU16(recursion | (options.checking_disabled ? 0x0010U : 0U), &out[2]);
  PutU16(1, &out[4]);
  PutU16(options.edns ? 1 : 0, &out[kAdditionalCount]);
  std::memcpy(&out[kDnsHeaderLength], name.data(), name.size());
  std::uint8_t* const end = &out[kDnsHeaderLength] + name.size() + 1;
  PutU16(static_cast<unsigned>(question.type), end);
  PutU16(kClassInternet, end + 2);
  if (options.edns) {  // OPT at the root, without extended rcode, version, flags and options
    PutU16(static_cast<unsigned>(RrType::kOpt), end + 5);
    PutU16(kUdpPayload, end + 7);
  }
  const bool lower = options.case_bits == CaseBits{};  // as a DnsName is
  if (!lower) Disguise(options.id, options.case_bits, out);
}

std::string EncodeQuery(const Question& question, const QueryOptions& options) {
  EncodedQuery query;
  EncodeQuery(question, options, query);
  return {query.begin(), query.end()};
}

void Disguise(std::uint16_t id, const CaseBits& case_bits, EncodedQuery& query) {
  PutU16(id, query.data());
  std::size_t name_length = 0;
  while (query[kDnsHeaderLength + name_length] != 0) {
    name_length += 1U + query[kDnsHeaderLength + name_length];
  }
  std::uint8_t* const name = &query[kDnsHeaderLength];
  std::size_t at = 0;
  for (; at + 8 <= name_length; at += 8) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, name + at, 8);
    octets = WithLetterCase(octets, case_bits[at / 8]);
    std::memcpy(name + at, &octets, 8);
  }
  if (const std::size_t left = name_length - at; left > 0) {
    std::uint64_t octets = 0;
    std::memcpy(&octets, name + at, left);
    octets = WithLetterCase(octets, case_bits[at / 8]);
    std::memcpy(name + at, &octets, left);
  }
}

void RemoveEdns(EncodedQuery& query) {
  if (query[kAdditionalCount + 1] == 0) return;
  query[kAdditionalCount + 1] = 0;
  query.resize(query.size() - kOptLength);
}

absl::Status ParseMessage(std::span<const std::uint8_t> wire, Message& message) {
  Reader reader(wire);
  reader.U16();  // the ID, which CheckAnswer() holds against the query's
  ReadFlags(reader.U16(), message);
  const int questions = reader.U16();
  int answers = reader.U16();
  int authority = reader.U16();
  int additional = reader.U16();
  if (reader.failed()) return Broken("the header ends early");
  if (questions > 1) return Broken("more than one question");
  if (questions == 0) {
    message.question.reset();
  } else {
    if (!message.question) message.question.emplace();
    message.question->name = reader.Name();
    message.question->type = static_cast<RrType>(reader.U16());
    reader.U16();
    if (reader.failed()) return Broken("the question ends early");
  }
  if (message.truncated) answers = authority = additional = 0;
  if (answers + authority + additional > kMaxRecords) return Broken("too many records");
  RETURN_IF_ERROR(ReadRecords(answers, reader, message.answers, message));
  RETURN_IF_ERROR(ReadRecords(authority, reader, message.authority, message));
  return ReadRecords(additional, reader, message.additional, message);
}

absl::StatusOr<Message> ParseMessage(std::span<const std::uint8_t> wire) {
  Message message;
  RETURN_IF_ERROR(ParseMessage(wire, message));
  return message;
}

}  // namespace probe
