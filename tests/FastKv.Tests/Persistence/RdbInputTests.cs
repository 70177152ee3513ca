using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using Xunit;

namespace FastKv.Tests.Persistence;

/// <summary>Strings in RDB bytes, around the lengths where a string is read another way, whole and cut off after each byte, at the end of readable memory.</summary>
public sealed unsafe class RdbInputTests
{
    private const int TextBytesMax = 70;

    [Fact]
    public void Strings_are_read_and_passed_over_alike_and_a_cut_is_found_where_it_is()
    {
        using var heap = new NativeHeap("input", guarded: true);
        using var page = new EdgePage(TextBytesMax + 2);
        for (int length = 0; length <= TextBytesMax; length++)
        {
            byte[] whole = Encoded(length, out int head);
            for (int cut = 0; cut <= whole.Length; cut++)
            {
                byte* bytes = page.Place(whole.AsSpan(0, cut));
                var read = new RdbInput(bytes, cut);
                var passed = new RdbInput(bytes, cut);
                var text = default(RdbText);
                bool isWhole = cut == whole.Length;
                Assert.Equal(isWhole, read.TryString(heap, ref text));
                Assert.Equal(isWhole, passed.TrySkipString());
                if (isWhole)
                    Assert.True(text.Span.SequenceEqual(whole.AsSpan(head)), $"another text of {length} bytes");

                // A length that is cut off is missing where its next byte should be; bytes are missing behind the length.
                int at = isWhole ? cut : Math.Min(cut, head);
                RdbFault fault = isWhole ? RdbFault.None : RdbFault.Truncated;
                Assert.Equal((fault, isWhole ? 0 : at, at), (read.Fault, (int)read.FaultOffset, (int)read.Offset));
                Assert.Equal((fault, isWhole ? 0 : at, at), (passed.Fault, (int)passed.FaultOffset, (int)passed.Offset));
            }
        }
        Assert.Equal(0, heap.LiveBlocks);
    }

    // Six bits of length in one byte, or fourteen in two.
    private static byte[] Encoded(int length, out int head)
    {
        head = length < 64 ? 1 : 2;
        byte[] bytes = new byte[head + length];
        bytes[0] = (byte)(length < 64 ? length : 0x40 | length >> 8);
        if (head == 2)
            bytes[1] = (byte)length;
        for (int i = 0; i < length; i++)
            bytes[head + i] = (byte)('a' + (i % 26));
        return bytes;
    }
}
