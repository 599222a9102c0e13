// PNG by libpng. Its errors are longjmps: no object with a destructor lives in a frame that one may cross.
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "host/model/error.h"
#include "host/model/picture_formats.h"

namespace e8::model {

namespace {

constexpr png_alloc_size_t kMaxChunk = 1 << 23;  // of texts and profiles, which are not used

struct Source {
  const char* next;
  std::size_t left;
};

struct Failure {
  char text[128] = "unknown error";
};

void on_error(png_structp png, png_const_charp message) {
  auto* failure = static_cast<Failure*>(png_get_error_ptr(png));
  std::strncpy(failure->text, message, sizeof failure->text - 1);
  std::longjmp(png_jmpbuf(png), 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, std::size_t count) {
  auto* source = static_cast<Source*>(png_get_io_ptr(png));
  if (count > source->left) png_error(png, "the file ends too early");
  std::memcpy(to, source->next, count);
  source->next += count;
  source->left -= count;
}

// Header, and how rows shall look: 8 bits, grey or RGB.
bool read_header(png_structp png, png_infop info, Source* source) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_user_limits(png, kMaxPictureSide, kMaxPictureSide);
  png_set_chunk_malloc_max(png, kMaxChunk);
  png_set_read_fn(png, source, read_bytes);
  png_read_info(png, info);
  png_set_strip_16(png);
  png_set_packing(png);
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (png_get_color_type(png, info) == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  return true;
}

bool read_rows(png_structp png, png_bytepp rows) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

struct Reader {
  Failure failure;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &failure, on_error, on_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { png_destroy_read_struct(&png, &info, nullptr); }
};

}  // namespace

bool is_png(const std::string& bytes) {
  return bytes.size() >= 8 && png_sig_cmp(reinterpret_cast<png_const_bytep>(bytes.data()), 0, 8) == 0;
}

Picture decode_png(const std::string& bytes, const std::string& name) {
  Reader reader;
  if (reader.info == nullptr) throw UserError(202, name + ": libpng does not start", Exit::kInfrastructure);
  Source source{bytes.data(), bytes.size()};
  const auto damaged = [&] {
    return UserError(202, name + ": damaged PNG (" + reader.failure.text + "); fetch or convert the picture again");
  };
  if (!read_header(reader.png, reader.info, &source)) throw damaged();
  Picture p;
  const auto h = png_get_image_height(reader.png, reader.info), w = png_get_image_width(reader.png, reader.info);
  check_picture_size(h, w, name);
  p.h = static_cast<int>(h);
  p.w = static_cast<int>(w);
  p.c = png_get_channels(reader.png, reader.info);
  const std::size_t row = png_get_rowbytes(reader.png, reader.info);
  if ((p.c != 1 && p.c != 3) || row != std::size_t{w} * static_cast<std::size_t>(p.c))
    throw UserError(202, name + ": PNG with " + std::to_string(p.c) + " channels; grey and RGB are supported");
  p.pixels.resize(row * h);
  std::vector<png_bytep> rows(h);
  for (std::size_t y = 0; y < h; ++y) rows[y] = p.pixels.data() + y * row;
  if (!read_rows(reader.png, rows.data())) throw damaged();
  return p;
}

}  // namespace e8::model
