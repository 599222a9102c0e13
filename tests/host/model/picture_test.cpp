// Pictures of every format, the sets they come in, and damage.
#include "host/model/picture.h"

#include <gmock/gmock.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <random>

#include "host/model/files.h"
#include "host/model/npy.h"
#include "host/model/picture_formats.h"
#include "tests/host/model/encode.h"
#include "tests/host/model/model_builder.h"

namespace e8::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kImages[] = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
constexpr char kLabels[] = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz";

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("e8_pictures" + std::to_string(getpid()))) {
    std::filesystem::remove_all(path_);
    std::filesystem::create_directory(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string path(const std::string& name = "") const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& bytes) const {
    write_file(path(name), bytes, 1);
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

std::string gzip(const std::string& bytes) {
  z_stream z{};
  deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY);
  std::string out(bytes.size() + 1000, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  z.avail_in = static_cast<uInt>(bytes.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  deflate(&z, Z_FINISH);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string idx(std::vector<std::uint32_t> dims, const std::string& data) {
  std::string s{0, 0, 8, static_cast<char>(dims.size())};
  for (std::uint32_t d : dims)
    for (int shift : {24, 16, 8, 0}) s += static_cast<char>(d >> shift);
  return s + data;
}

void expect_equal(const Picture& got, const Picture& want, const std::string& what) {
  EXPECT_EQ(got.h, want.h) << what;
  EXPECT_EQ(got.w, want.w) << what;
  EXPECT_EQ(got.c, want.c) << what;
  EXPECT_EQ(got.pixels, want.pixels) << what;
}

TEST(Png, EveryKindAndInterlace) {
  for (const bool interlaced : {false, true}) {
    for (const PngKind kind : {PngKind::kGrey, PngKind::kGrey16, PngKind::kGreyAlpha}) {
      const Picture p = gradient(9, 13, 1);
      expect_equal(decode_png(encode_png(p, kind, interlaced), "p"), p, std::to_string(static_cast<int>(kind)));
    }
    for (const PngKind kind : {PngKind::kPalette, PngKind::kRgb, PngKind::kRgb16, PngKind::kRgba}) {
      const Picture p = gradient(7, 11, 3);
      expect_equal(decode_png(encode_png(p, kind, interlaced), "p"), p, std::to_string(static_cast<int>(kind)));
    }
  }
}

TEST(Png, FewBitsAreSpreadOverTheRange) {
  for (const auto& [kind, bits] :
       {std::pair{PngKind::kGrey1, 1}, std::pair{PngKind::kGrey2, 2}, std::pair{PngKind::kGrey4, 4}}) {
    Picture p = gradient(3, 17, 1);
    const std::string bytes = encode_png(p, kind);
    for (std::uint8_t& x : p.pixels) x = static_cast<std::uint8_t>((x >> (8 - bits)) * 255 / ((1 << bits) - 1));
    expect_equal(decode_png(bytes, "p"), p, std::to_string(bits));
  }
}

TEST(Jpeg, NearTheOriginal) {
  for (const bool progressive : {false, true}) {
    for (const int c : {1, 3}) {
      const Picture want = gradient(17, 23, c), got = decode_jpeg(encode_jpeg(want, progressive), "p");
      ASSERT_EQ(got.pixels.size(), want.pixels.size());
      int worst = 0;
      for (std::size_t i = 0; i < want.pixels.size(); ++i)
        worst = std::max(worst, std::abs(got.pixels[i] - want.pixels[i]));
      EXPECT_LE(worst, 6) << c;
    }
  }
}

TEST(Jpeg, CmykIsRefused) {
  std::string message;
  EXPECT_EQ(error_id([] { decode_jpeg(encode_jpeg(gradient(8, 8, 4)), "the file"); }, &message), 202);
  EXPECT_THAT(message, HasSubstr("the file"));
}

TEST(Jpeg, WholeOrNothing) {
  const std::string whole = encode_jpeg(gradient(40, 40, 3));
  int refused = 0;
  for (std::size_t n = 0; n < whole.size(); ++n)
    refused += error_id([&] { decode_jpeg(whole.substr(0, n), "p"); }) == 202 ? 1 : 0;
  EXPECT_GE(refused, static_cast<int>(whole.size()) - 2);  // the end marker itself holds no pixels
}

TEST(Png, WholeOrNothing) {
  const std::string whole = encode_png(gradient(40, 40, 3), PngKind::kRgb);
  for (std::size_t n = 0; n < whole.size(); ++n)
    ASSERT_EQ(error_id([&] { decode_png(whole.substr(0, n), "p"); }), 202) << n;
}

template <typename Decode>
void flip(const std::string& whole, std::uint32_t seed, int cases, Decode decode) {
  std::mt19937 random(seed);
  int refused = 0;
  for (int i = 0; i < cases; ++i) {
    std::string bytes = whole;
    for (unsigned k = 0; k <= random() % 4; ++k) bytes[random() % bytes.size()] = static_cast<char>(random());
    try {
      const Picture p = decode(bytes);
      ASSERT_EQ(p.pixels.size(), static_cast<std::size_t>(p.h) * static_cast<std::size_t>(p.w * p.c))
          << "seed " << seed << ", case " << i;
    } catch (const UserError& e) {
      ASSERT_EQ(e.id(), 202) << "seed " << seed << ", case " << i;
      ++refused;
    }
  }
  EXPECT_GT(refused, cases / 20);
}

TEST(Png, FlippedBytes) {
  flip(encode_png(gradient(9, 9, 3), PngKind::kPalette), 1, 3000, [](auto& b) { return decode_png(b, "p"); });
  flip(encode_png(gradient(9, 9, 1), PngKind::kGrey16, true), 2, 3000, [](auto& b) { return decode_png(b, "p"); });
}

TEST(Jpeg, FlippedBytes) {
  flip(encode_jpeg(gradient(16, 16, 3)), 3, 3000, [](auto& b) { return decode_jpeg(b, "p"); });
  flip(encode_jpeg(gradient(16, 16, 1), true), 4, 3000, [](auto& b) { return decode_jpeg(b, "p"); });
}

TEST(Png, HugeClaimsAreRefused) {
  std::string bytes = encode_png(gradient(1, 1, 1), PngKind::kGrey);
  const auto claim = [&](std::uint32_t w, std::uint32_t h) {
    std::string s = bytes;
    for (int i = 0; i < 4; ++i) {
      s[static_cast<std::size_t>(16 + i)] = static_cast<char>(w >> (24 - 8 * i));
      s[static_cast<std::size_t>(20 + i)] = static_cast<char>(h >> (24 - 8 * i));
    }
    const std::uint32_t crc = static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(&s[12]), 17));
    for (int i = 0; i < 4; ++i) s[static_cast<std::size_t>(29 + i)] = static_cast<char>(crc >> (24 - 8 * i));
    return s;
  };
  EXPECT_EQ(error_id([&] { decode_png(claim(1, 1), "p"); }), 0);
  std::string message;
  EXPECT_EQ(error_id([&] { decode_png(claim(32768, 32768), "p"); }, &message), 202);
  EXPECT_THAT(message, HasSubstr("32768x32768"));
  EXPECT_EQ(error_id([&] { decode_png(claim(0x7fffffff, 0x7fffffff), "p"); }), 202);
  EXPECT_EQ(error_id([&] { decode_png(claim(0, 1), "p"); }), 202);
}

TEST(Pictures, OneFile) {
  const Folder folder;
  const Picture p = gradient(4, 5, 3);
  const auto set = open_pictures(folder.write("a.dat", encode_png(p, PngKind::kRgb)));  // content decides, not the name
  EXPECT_EQ(set->size(), 1u);
  EXPECT_THAT(set->name(0), HasSubstr("a.dat"));
  expect_equal(set->read(0), p, "png");
}

TEST(Pictures, FolderInNameOrder) {
  const Folder folder;
  folder.write("b.PNG", encode_png(gradient(2, 2, 1), PngKind::kGrey));
  folder.write("a.jpeg", encode_jpeg(gradient(3, 3, 1)));
  folder.write("c.jpg", encode_png(gradient(4, 4, 1), PngKind::kGrey));
  folder.write("labels.txt", "never opened");
  std::filesystem::create_directory(folder.path("d.png"));
  const auto set = open_pictures(folder.path());
  ASSERT_EQ(set->size(), 3u);
  EXPECT_EQ(set->read(0).h, 3);
  EXPECT_EQ(set->read(1).h, 2);
  EXPECT_EQ(set->read(2).h, 4);
  folder.write("c.jpg", "damaged since");
  EXPECT_EQ(error_id([&] { set->read(2); }), 202);
  std::filesystem::remove(folder.path("c.jpg"));
  EXPECT_EQ(error_id([&] { set->read(2); }), 201);
}

TEST(Pictures, IdxPlainAndCompressed) {
  const Folder folder;
  const std::string bytes = idx({2, 2, 3}, "abcdefABCDEF");
  for (const std::string& content : {bytes, gzip(bytes)}) {
    const auto set = open_pictures(folder.write("x", content));
    ASSERT_EQ(set->size(), 2u);
    const Picture p = set->read(1);
    EXPECT_EQ(p.h, 2);
    EXPECT_EQ(p.w, 3);
    EXPECT_EQ(p.c, 1);
    EXPECT_THAT(p.pixels, ElementsAre('A', 'B', 'C', 'D', 'E', 'F'));
    EXPECT_THAT(set->name(1), HasSubstr("x[1]"));
    EXPECT_EQ(error_id([&] { set->read(2); }), 203);
  }
}

TEST(Pictures, Arrays) {
  const Folder folder;
  const auto open = [&](std::vector<std::int64_t> shape, const char* dtype = "|u1") {
    Npy a;
    a.shape = std::move(shape);
    a.dtype = dtype;
    a.bytes.resize(a.size() * a.item_bytes());
    for (std::size_t i = 0; i < a.bytes.size(); ++i) a.bytes[i] = static_cast<std::uint8_t>(i);
    write_npy(folder.path("a.npy"), a);
    return open_pictures(folder.path("a.npy"));
  };
  struct Case {
    std::vector<std::int64_t> shape;
    std::size_t n;
    int h, w, c;
  };
  for (const Case& k : {Case{{4, 5}, 1, 4, 5, 1}, Case{{4, 5, 3}, 1, 4, 5, 3}, Case{{4, 5, 1}, 1, 4, 5, 1},
                        Case{{2, 4, 5}, 2, 4, 5, 1}, Case{{2, 4, 5, 3}, 2, 4, 5, 3}, Case{{2, 4, 5, 1}, 2, 4, 5, 1}}) {
    const auto set = open(k.shape);
    ASSERT_EQ(set->size(), k.n);
    const Picture p = set->read(k.n - 1);
    EXPECT_EQ(p.h, k.h);
    EXPECT_EQ(p.w, k.w);
    EXPECT_EQ(p.c, k.c);
    EXPECT_EQ(p.pixels[0], (k.n - 1) * static_cast<std::size_t>(k.h * k.w * k.c));
  }
  EXPECT_EQ(error_id([&] { open({4, 5}, "|i1"); }), 202);
  EXPECT_EQ(error_id([&] { open({4}); }), 202);
  EXPECT_EQ(error_id([&] { open({2, 4, 5, 2}); }), 202);
  EXPECT_EQ(error_id([&] { open({0, 4, 5}); }), 203);
  EXPECT_EQ(error_id([&] { open({2, 0, 5}); }), 202);
}

TEST(Pictures, Refusals) {
  const Folder folder;
  EXPECT_EQ(error_id([] { open_pictures("/nonexistent"); }), 201);
  EXPECT_EQ(error_id([&] { open_pictures(folder.path()); }), 203);
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("t", "text")); }), 202);
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("e", "")); }), 202);
  const std::string good = idx({2, 2, 3}, "abcdefABCDEF");
  for (std::size_t n = 4; n < good.size(); ++n)
    EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", good.substr(0, n))); }), 202) << n;
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", good + "x")); }), 202);
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", idx({0, 2, 3}, ""))); }), 202);
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", idx({~0U, ~0U, ~0U}, "abc"))); }), 202);
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", idx({2, 6}, "abcdefABCDEF"))); }), 202);
  std::string typed = good;
  typed[2] = 13;  // floats
  EXPECT_EQ(error_id([&] { open_pictures(folder.write("i", typed)); }), 202);
  const std::string packed = gzip(good);
  for (std::size_t n = 2; n < packed.size(); ++n)
    EXPECT_EQ(error_id([&] { open_pictures(folder.write("z", packed.substr(0, n))); }), 201) << n;
}

TEST(Pictures, Labels) {
  const Folder folder;
  EXPECT_THAT(read_labels(folder.write("l", idx({4}, std::string("\x00\x01\x09\xff", 4)))), ElementsAre(0, 1, 9, 255));
  EXPECT_THAT(read_labels(folder.write("l", gzip(idx({1}, "\x05")))), ElementsAre(5));
  EXPECT_EQ(error_id([&] { read_labels(folder.write("l", idx({5}, "abc"))); }), 204);
  EXPECT_EQ(error_id([&] { read_labels(folder.write("l", idx({1, 1, 1}, "a"))); }), 204);
  EXPECT_EQ(error_id([&] { read_labels(folder.write("l", "x")); }), 204);
  EXPECT_EQ(error_id([] { read_labels("/nonexistent"); }), 204);
}

TEST(Pictures, FashionMnist) {
  const auto set = open_pictures(kImages);
  ASSERT_EQ(set->size(), 10000u);
  const Picture p = set->read(9999);
  EXPECT_EQ(p.h, 28);
  EXPECT_EQ(p.w, 28);
  EXPECT_EQ(p.c, 1);
  EXPECT_GT(*std::max_element(p.pixels.begin(), p.pixels.end()), 100);
  const std::vector<int> labels = read_labels(kLabels);
  ASSERT_EQ(labels.size(), 10000u);
  for (int c = 0; c < 10; ++c) EXPECT_EQ(std::count(labels.begin(), labels.end(), c), 1000) << c;
}

// MLPerf's lists: names only, in their order. There is no label file that could be opened.
TEST(ListedPictures, InTheOrderOfTheList) {
  const Folder folder;
  std::filesystem::create_directory(folder.path("val"));
  for (const int h : {1, 2, 3}) {
    Picture p = gradient(h, 4, 1);
    folder.write("val/p" + std::to_string(h) + ".JPEG", encode_png(p, PngKind::kGrey));
  }
  const std::string list = folder.write("list.txt", "p3.JPEG\r\n\np1.JPEG\np3.JPEG");
  const auto set = open_listed_pictures(folder.path("val"), list);
  ASSERT_EQ(set->size(), 3U);
  EXPECT_EQ(set->read(0).h, 3);
  EXPECT_EQ(set->read(1).h, 1);
  EXPECT_EQ(set->read(2).h, 3);
  EXPECT_EQ(open_listed_pictures(folder.path(), folder.write("l", "val/p2.JPEG\n"))->read(0).h, 2);
}

TEST(ListedPictures, WrongListsAreNamed) {
  const Folder folder;
  folder.write("a.png", encode_png(gradient(2, 2, 1), PngKind::kGrey));
  const auto error = [&](const std::string& lines, std::string* message) {
    return error_id([&] { open_listed_pictures(folder.path(), folder.write("list", lines)); }, message);
  };
  std::string message;
  EXPECT_EQ(error("a.png\nb.png\n", &message), 206);
  EXPECT_THAT(message, HasSubstr("line 2: 'b.png'"));
  EXPECT_EQ(error("a.png 7\n", &message), 206) << "a label";
  EXPECT_THAT(message, HasSubstr("no label"));
  EXPECT_EQ(error("../list\n", &message), 206);
  EXPECT_EQ(error("/etc/passwd\n", &message), 206);
  EXPECT_THAT(message, HasSubstr("outside"));
  EXPECT_EQ(error("\n\n", &message), 206);
  EXPECT_EQ(error_id([&] { open_listed_pictures(folder.path("a.png"), folder.path("list")); }), 206);
  EXPECT_EQ(error_id([&] { open_listed_pictures(folder.path(), folder.path("none")); }), 201);
}

}  // namespace
}  // namespace e8::model
