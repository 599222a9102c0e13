# Microprogram of e8_serial_dma.v: LOAD and STORE with one lane, a byte at a time. scripts/microcode.py makes
# e8_serial_rom.v of it; its header tells the notation. The order of checks and moves is that of emu/machine/dma.cpp.
#
# Bytes of multi-byte cells go from 0, the lowest. Counters of bytes hold minus what is left, so that the carry out of
# their top byte ends them. `at` counts a word's bytes from -wordbytes to 0; its low bits (pos) place a byte in the word.

# ---- start
idle:    nop | idle                      if !go goto idle
         nop                             # the slot is the instruction's now
         acc = i1 | kind                 # region and target
         acc = i2                        # lane mask
         n0 = i32 - 1                    if z goto done
         n1 = i33 - 1 + c                # n: words - 1
         rows0 = i28 - 1                 if !c goto done
         rows1 = i29 - 1 + c             # rows: rows left after this one
         acc = i30 - 1                   if !c goto done
         acc = i31 - 1 + c
         gap = #0                        if !c goto done
         acc = i32
         b0 = acc + i32
         acc = i33
         b1 = acc + i33 + c
         b2 = #0 + c                     if kind goto shared
         wb = #254                       # b: bytes of a run, 2 a word
         dl = #FEATURE_LOW
         dh = #FEATURE_HIGH              if store goto span

# ---- LOAD of features: (words - 1) * step + 2 bytes; gap: minus the bytes between words, or 1 for a step of 1
         acc = #2
         gap = acc - i51
         t0 = n0                         if z goto span
         t1 = n1
         b0 = #2
         b1 = #0
         b2 = #0
bytes:   t0 = t0 - 1
         t1 = t1 - 1 + c
         acc = i51                       if !c goto span
         b0 = acc + b0
         b1 = b1 + c
         b2 = b2 + c                     goto bytes

# ---- sp: (words - 1) * f_word, words from the first to the last
span:    acc = i26 - 1
         acc = i27                       if !z goto far
         sp0 = n0                        if !z goto far
         sp1 = n1
         sp2 = #0
         sp3 = #0                        goto clip
far:     acc = i27
         sx = #0                         if !n goto near
         sx = #255
near:    sp0 = #0
         sp1 = #0
         sp2 = #0
         sp3 = #0
         t0 = n0
         t1 = n1
times:   t0 = t0 - 1
         t1 = t1 - 1 + c
         acc = i26                       if !c goto clip
         sp0 = acc + sp0
         acc = i27
         sp1 = acc + sp1 + c
         acc = sx
         sp2 = acc + sp2 + c
         acc = sx
         sp3 = acc + sp3 + c             goto times

# ---- columns, the same in every row: e is where the run ends in its row, cut at the image's end; st where its image part
# starts; minus the bytes of the three parts: pf before the image, q in it, sf behind it; `some`: q is not 0
clip:    acc = i40
         e0 = acc + b0
         acc = i41
         e1 = acc + b1 + c
         acc = i42
         e2 = acc + b2 + c
         e3 = #0 + c
         acc = i42
         pf3 = #0                        if n goto left
         pf0 = #0
         pf1 = #0
         pf2 = #0
         st0 = i40
         st1 = i41
         st2 = i42                       goto right
left:    pf3 = #255
         pf0 = i40
         pf1 = i41
         pf2 = i42
         st0 = #0
         st1 = #0
         st2 = #0
         acc = e3                        # 0: the run ends before the image
         e3 = #0                         if z goto empty
right:   acc = i43
         sf0 = acc - e0
         acc = i44
         sf1 = acc - e1 - b
         acc = i45
         sf2 = acc - e2 - b
         acc = #0
         sf3 = acc - e3 - b              # 0 if there is no part behind
         acc = st0                       if c goto inside
         e0 = i43
         e1 = i44
         e2 = i45
inside:  acc = st0
         q0 = acc - e0
         acc = st1
         q1 = acc - e1 - b
         acc = st2
         q2 = acc - e2 - b
         some = #1                       if !c goto places
empty:   some = #0
places:  nb0 = -b0                       # nb: a run outside the image
         nb1 = ~b1 + c
         nb2 = ~b2 + c
         acc = i4                        # dr: offset of a row's first image byte
         dr0 = acc - pf0
         acc = i5
         dr1 = acc - pf1 - b
         acc = i6
         dr2 = acc - pf2 - b
         acc = i7
         dr3 = acc - pf3 - b
         wr0 = i20                       # wr: a row's first word
         wr1 = i21
         y0 = i36                        # y: image row, 24 bits
         y1 = i37
         y2 = #0                         if !n goto row
         y2 = #255

# ---- a row; in: its runs have image bytes
row:     in = #0
         acc = y2
         acc = y0                        if !z goto blocks
         acc = acc - i34
         acc = y1
         acc = acc - i35 - b
         nop                             if c goto blocks
         in = some
blocks:  d0 = dr0
         d1 = dr1
         d2 = dr2
         d3 = dr3
         w0 = wr0
         w1 = wr1
         k0 = i30 - 1                    # k: blocks left after this one
         k1 = i31 - 1 + c

# ---- a run: its image bytes are inside the region, then its words inside the memory
run:     acc = in
         acc = d0                        if z goto words
         t0 = acc - q0
         acc = d1
         t1 = acc - q1 - b
         acc = d2
         t2 = acc - q2 - b
         acc = d3
         t3 = acc - #255 - b             # no borrow: the end passes 2^32
         acc = r8                        if c goto eregion
         acc = acc - t0
         acc = r9
         acc = acc - t1 - b
         acc = r10
         acc = acc - t2 - b
         acc = r11
         acc = acc - t3 - b
         acc = r0                        if !c goto eregion
         a0 = acc + d0 | a0
         acc = r1
         a1 = acc + d1 + c | a1
         acc = r2
         a2 = acc + d2 + c | a2
         acc = r3
         a3 = acc + d3 + c | a3
words:   acc = w0
         acc = acc - dl
         acc = w1
         acc = acc - dh - b
         acc = w0                        if c goto ewords
         l0 = acc + sp0
         acc = w1
         l1 = acc + sp1 + c
         acc = sp2 + c
         acc = sp3 + c                   if !z goto ewords
         acc = l0                        if !z goto ewords
         acc = acc - dl
         acc = l1
         acc = acc - dh - b
         ph = #0                         if c goto ewords
         wl0 = w0 | wa0
         wl1 = w1 | wa1
         at = wb | pos                   if store goto put
         acc = in                        if !param goto get
         acc = w0                        # a parameter word is two parts
         wl0 = acc + w0 | wa0
         acc = w1
         wl1 = acc + w1 + c | wa1
         acc = in

# ---- LOAD moves the run: filled bytes, bytes of the image, filled bytes
get:     acc = pf3                       if z goto outside
         seg0 = pf0                      if z goto image
         seg1 = pf1
         seg2 = pf2
         last = #0                       goto fill
outside: seg0 = nb0
         seg1 = nb1
         seg2 = nb2
         last = #1                       goto fill
image:   seg0 = q0
         seg1 = q1
         seg2 = q2                       if kind goto dense
single:  at = at + 1 | pos               goto ask
behind:  acc = sf3
         seg0 = sf0                      if z goto next
         seg1 = sf1
         seg2 = sf2
         last = #1                       goto fill

filled:  seg0 = seg0 + 1
         nop                             if c goto fills
fill:    at = at + 1 | pos
         byte = i50 | buf                if c goto fword else filled
fills:   seg1 = seg1 + 1
         nop                             if !c goto fill
         seg2 = seg2 + 1
         nop                             if !c goto fill
         acc = last
         nop                             if z goto image else next

ask:     nop | ar                        if !ack goto ask
wait:    nop                             if !valid goto wait
         nop                             if fault goto eread
copy:    byte = rdata | buf              if c goto iword
copied:  seg0 = seg0 + 1
         a0 = a0 + 1 | a0                if c goto counts
follow:  at = at + 1 | pos               if !beat goto copy
other:   acc = a0 | pop
         nop                             if !z goto ask
         a1 = a1 + 1 | a1
         a2 = a2 + c | a2
         a3 = a3 + c | a3
         acc = -at                       goto ask   # the carry of `at` again
counts:  seg1 = seg1 + 1
         nop                             if !c goto follow
         seg2 = seg2 + 1
         nop                             if !c goto follow
         nop | pop                       goto behind

# weights and parameters at a multiple of 4: a beat at a time
dense:   acc = #4                        if !beat goto single
beats:   at = acc + at | pos
wask:    nop | ar                        if !ack goto wask
wwait:   nop                             if !valid goto wwait
         nop                             if fault goto eread
         nop | wide                      if c goto whole
wide:    acc = #4
         a0 = acc + a0 | a0
         acc = #4                        if c goto wcarry
wseg:    seg0 = acc + seg0
         acc = #4                        if c goto wcount else beats
whole:   nop | emit
         wl0 = wl0 + 1 | wa0
         wl1 = wl1 + c | wa1
         at = wb                         goto wide
wcarry:  a1 = a1 + 1 | a1
         a2 = a2 + c | a2
         a3 = a3 + c | a3
         acc = #4                        goto wseg
wcount:  seg1 = seg1 + 1
         acc = #4                        if !c goto beats
         seg2 = seg2 + 1
         acc = #4                        if c goto next else beats

# the last byte of a word, or (ph) of the gap behind it
.macro word name back
name:    acc = ph
         acc = gap                       if !z goto name.gap
name.put: nop | emit                     if !ack goto name.put
         acc = i26
         wl0 = acc + wl0 | wa0
         acc = i27
         wl1 = acc + wl1 + c | wa1
         acc = gap
         at = wb | pos                   if !z goto name.gaps else back
name.gaps: acc = gap - 1
         at = gap | pos                  if z goto name.one
         ph = #1                         goto back
name.one: at = #255 | pos                # a step of 1: the byte is the next word's first, too
         acc = byte | buf                goto back
name.gap: ph = #0
         at = wb | pos                   goto back
.end
.use word fword filled
.use word iword copied

# ---- STORE moves the bytes of the image, as many at a time as fit a beat
put:     acc = in
         seg0 = q0                       if z goto next
         seg1 = q1
         seg2 = q2
send:    at = at + 1 | pos
read:    nop | sr                        if !ack goto read
data:    acc = word | buf                if !valid goto data
         acc = i26                       if !c goto sent
         wl0 = acc + wl0 | wa0
         acc = i27
         wl1 = acc + wl1 + c | wa1
         at = wb
sent:    seg0 = seg0 + 1
         nop                             if c goto less
more:    nop                             if full goto flush
on:      a0 = a0 + 1 | a0
         nop                             if z goto carry else send
carry:   a1 = a1 + 1 | a1
         a2 = a2 + c | a2
         a3 = a3 + c | a3                goto send
flush:   nop | w
answer:  nop                             if !valid goto answer
         nop | b                         if fault goto ewrite else on
less:    seg1 = seg1 + 1
         nop                             if !c goto more
         seg2 = seg2 + 1
         nop                             if !c goto more
         nop | w
final:   nop                             if !valid goto final
         nop | b                         if fault goto ewrite

# ---- next block, next row
next:    k0 = k0 - 1
         k1 = k1 - 1 + c
         acc = d0                        if !c goto nextrow
         d0 = acc + i12
         acc = d1
         d1 = acc + i13 + c
         acc = d2
         d2 = acc + i14 + c
         acc = d3
         d3 = acc + i15 + c
         acc = w0
         w0 = acc + i24
         acc = w1
         w1 = acc + i25 + c              goto run
nextrow: rows0 = rows0 - 1
         rows1 = rows1 - 1 + c
         y0 = y0 + 1                     if !c goto done
         y1 = y1 + c
         y2 = y2 + c
         acc = dr0
         dr0 = acc + i8
         acc = dr1
         dr1 = acc + i9 + c
         acc = dr2
         dr2 = acc + i10 + c
         acc = dr3
         dr3 = acc + i11 + c
         acc = wr0
         wr0 = acc + i22
         acc = wr1
         wr1 = acc + i23 + c             goto row

# ---- LOAD of weights and parameters: one run without edges, 4 or 32 bytes a word
shared:  wb = #252
         dl = #WEIGHT_LOW
         dh = #WEIGHT_HIGH
         t0 = #255                       if !param goto double
         wb = #240
         dl = #PARAM_LOW
         dh = #PARAM_HIGH
         t0 = #252
double:  acc = b0
         b0 = acc + b0
         acc = b1
         b1 = acc + b1 + c
         acc = b2
         b2 = acc + b2 + c
         t0 = t0 + 1
         nop                             if !c goto double
         q0 = -b0
         q1 = ~b1 + c
         q2 = ~b2 + c
         pf3 = #0
         sf3 = #0
         in = #1
         sp0 = n0
         sp1 = n1
         sp2 = #0
         sp3 = #0
         d0 = i4
         d1 = i5
         d2 = i6
         d3 = i7
         w0 = i20
         w1 = i21
         k0 = #0
         k1 = #0                         goto run

# ---- ends; after an error the control needs 7 cycles to stop what comes
done:    nop | done                      goto idle
eregion: acc = #ERR_ADDR_REGION          goto failed
eread:   acc = #ERR_AXI_READ | pop       goto failed
ewrite:  acc = #ERR_AXI_WRITE            goto failed
ewords:  acc = #ERR_ADDR_FEATURE         if !kind goto failed
         acc = #ERR_ADDR_WEIGHT          if !param goto failed
         acc = #ERR_ADDR_PARAM
failed:  nop | err
         nop
         nop
         nop
         nop
         nop
         nop
         nop                             goto idle
