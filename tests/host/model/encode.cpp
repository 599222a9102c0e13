#include "tests/host/model/encode.h"

// clang-format off
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#include <png.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace e8::model {

namespace {

void append(png_structp png, png_bytep data, png_size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), count);
}

struct Form {
  int color, depth;
};
Form form_of(PngKind kind) {
  switch (kind) {
    case PngKind::kGrey1:
      return {PNG_COLOR_TYPE_GRAY, 1};
    case PngKind::kGrey2:
      return {PNG_COLOR_TYPE_GRAY, 2};
    case PngKind::kGrey4:
      return {PNG_COLOR_TYPE_GRAY, 4};
    case PngKind::kGrey:
      return {PNG_COLOR_TYPE_GRAY, 8};
    case PngKind::kGrey16:
      return {PNG_COLOR_TYPE_GRAY, 16};
    case PngKind::kGreyAlpha:
      return {PNG_COLOR_TYPE_GRAY_ALPHA, 8};
    case PngKind::kPalette:
      return {PNG_COLOR_TYPE_PALETTE, 8};
    case PngKind::kRgb:
      return {PNG_COLOR_TYPE_RGB, 8};
    case PngKind::kRgb16:
      return {PNG_COLOR_TYPE_RGB, 16};
    case PngKind::kRgba:
      return {PNG_COLOR_TYPE_RGB_ALPHA, 8};
  }
  return {0, 0};
}

// One row in the file's form; `palette` collects colours.
std::vector<png_byte> row_of(const Picture& p, int y, const Form& form, std::vector<png_color>* palette) {
  std::vector<png_byte> row;
  for (int x = 0; x < p.w; ++x) {
    const std::uint8_t* pixel = &p.pixels[static_cast<std::size_t>((y * p.w + x) * p.c)];
    if (form.color == PNG_COLOR_TYPE_PALETTE) {
      row.push_back(static_cast<png_byte>(palette->size()));
      palette->push_back({pixel[0], pixel[1], pixel[2]});
      continue;
    }
    for (int c = 0; c < p.c; ++c) {
      if (form.depth < 8) {  // packed, high bits first
        const int per_byte = 8 / form.depth;
        if (x % per_byte == 0) row.push_back(0);
        const int value = pixel[c] >> (8 - form.depth);
        row.back() = static_cast<png_byte>(row.back() | value << (8 - form.depth * (x % per_byte + 1)));
        continue;
      }
      row.push_back(pixel[c]);
      if (form.depth == 16) row.push_back(77);  // the low byte
    }
    if ((form.color & PNG_COLOR_MASK_ALPHA) != 0) row.push_back(static_cast<png_byte>(x));
  }
  return row;
}

}  // namespace

std::string encode_png(const Picture& p, PngKind kind, bool interlaced) {
  const Form form = form_of(kind);
  std::vector<png_color> palette;
  std::vector<std::vector<png_byte>> rows;
  for (int y = 0; y < p.h; ++y) rows.push_back(row_of(p, y, form, &palette));
  std::vector<png_bytep> pointers;
  for (auto& row : rows) pointers.push_back(row.data());
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(p.w), static_cast<png_uint_32>(p.h), form.depth, form.color,
               interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  png_set_gAMA(png, info, 0.9);  // which readers must not apply
  png_write_info(png, info);
  png_write_image(png, pointers.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::string encode_jpeg(const Picture& p, bool progressive) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* memory = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &memory, &size);
  jpeg.image_height = static_cast<JDIMENSION>(p.h);
  jpeg.image_width = static_cast<JDIMENSION>(p.w);
  jpeg.input_components = p.c;
  jpeg.in_color_space = p.c == 1 ? JCS_GRAYSCALE : p.c == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 100, TRUE);
  for (int c = 0; c < jpeg.num_components; ++c) jpeg.comp_info[c].h_samp_factor = jpeg.comp_info[c].v_samp_factor = 1;
  if (progressive) jpeg_simple_progression(&jpeg);
  jpeg_start_compress(&jpeg, TRUE);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPROW>(&p.pixels[jpeg.next_scanline * static_cast<std::size_t>(p.w * p.c)]);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(memory), size);
  jpeg_destroy_compress(&jpeg);
  std::free(memory);
  return bytes;
}

Picture gradient(int h, int w, int c) {
  Picture p;
  p.h = h, p.w = w, p.c = c;
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x)
      for (int k = 0; k < c; ++k) p.pixels.push_back(static_cast<std::uint8_t>((5 * y + 3 * x + 60 * k) % 256));
  return p;
}

}  // namespace e8::model
