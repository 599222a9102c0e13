// JPEG by libjpeg. Its errors are longjmps: no object with a destructor lives in a frame that one may cross.
// clang-format off
#include <cstdio>     // which jpeglib.h needs before it
#include <jpeglib.h>
#include <jerror.h>   // whose codes depend on jpeglib.h
// clang-format on

#include <csetjmp>

#include "host/model/error.h"
#include "host/model/picture_formats.h"

namespace e8::model {

namespace {

struct Errors {
  jpeg_error_mgr base;  // first: libjpeg hands out a pointer to it
  std::jmp_buf jump;
  char text[JMSG_LENGTH_MAX] = "unknown error";
};

Errors* errors_of(j_common_ptr jpeg) { return reinterpret_cast<Errors*>(jpeg->err); }

void on_error(j_common_ptr jpeg) {
  Errors* errors = errors_of(jpeg);
  errors->base.format_message(jpeg, errors->text);
  std::longjmp(errors->jump, 1);
}

// libjpeg makes up pixels where data are missing or make no sense, and calls that a warning.
void on_message(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  switch (jpeg->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
      return on_error(jpeg);
    default:
      return;
  }
}

void on_output(j_common_ptr) {}

bool read_header(jpeg_decompress_struct* jpeg, Errors* errors, const std::string& bytes) {
  if (setjmp(errors->jump) != 0) return false;
  jpeg_create_decompress(jpeg);
  jpeg_mem_src(jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<unsigned long>(bytes.size()));
  jpeg_read_header(jpeg, TRUE);
  jpeg->out_color_space = jpeg->num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  jpeg_calc_output_dimensions(jpeg);
  return true;
}

bool read_rows(jpeg_decompress_struct* jpeg, Errors* errors, unsigned char* pixels, std::size_t row) {
  if (setjmp(errors->jump) != 0) return false;
  jpeg_start_decompress(jpeg);
  while (jpeg->output_scanline < jpeg->output_height) {
    JSAMPROW to = pixels + std::size_t{jpeg->output_scanline} * row;
    jpeg_read_scanlines(jpeg, &to, 1);
  }
  jpeg_finish_decompress(jpeg);
  return true;
}

struct Reader {
  Errors errors{};
  jpeg_decompress_struct jpeg{};
  Reader() {
    jpeg.err = jpeg_std_error(&errors.base);
    errors.base.error_exit = on_error;
    errors.base.emit_message = on_message;
    errors.base.output_message = on_output;
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() { jpeg_destroy_decompress(&jpeg); }
};

}  // namespace

bool is_jpeg(const std::string& bytes) {
  return bytes.size() >= 3 && bytes[0] == '\xff' && bytes[1] == '\xd8' && bytes[2] == '\xff';
}

Picture decode_jpeg(const std::string& bytes, const std::string& name) {
  Reader reader;
  const auto damaged = [&] {
    return UserError(202, name + ": damaged or unsupported JPEG (" + reader.errors.text +
                              "); fetch the picture again, or convert it to PNG");
  };
  if (!read_header(&reader.jpeg, &reader.errors, bytes)) throw damaged();
  check_picture_size(reader.jpeg.image_height, reader.jpeg.image_width, name);
  Picture p;
  p.h = static_cast<int>(reader.jpeg.output_height);
  p.w = static_cast<int>(reader.jpeg.output_width);
  p.c = reader.jpeg.output_components;
  if (p.c != 1 && p.c != 3)
    throw UserError(202, name + ": JPEG with " + std::to_string(p.c) + " channels; grey and RGB are supported");
  const std::size_t row = static_cast<std::size_t>(p.w) * static_cast<std::size_t>(p.c);
  p.pixels.resize(row * static_cast<std::size_t>(p.h));
  if (!read_rows(&reader.jpeg, &reader.errors, p.pixels.data(), row)) throw damaged();
  return p;
}

}  // namespace e8::model
