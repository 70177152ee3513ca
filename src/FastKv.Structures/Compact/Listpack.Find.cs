using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Looking for a value: it is encoded once, and its bytes are compared with each element's. The first byte of an element that is not long tells the whole size,
// so that comparing may read as many bytes as the wanted one has, once the first byte is the same. Longer texts are compared one by one.
public static unsafe partial class Listpack
{
    // Mark, 63 bytes of text, backlen.
    private const int ShortElementBytesMax = 65;

    private interface IPattern
    {
        bool Matches(byte* element);
    }

    /// <summary>
    /// The first element equal to <paramref name="value"/>, looking at the one at <paramref name="from"/> and each (stride)th after it; null: none. O(n).
    /// </summary>
    [SkipLocalsInit]
    public static byte* Find(byte* from, byte* end, ReadOnlySpan<byte> value, int stride)
    {
        if (value.Length > 63)
            return FindLong(from, end, value, stride);
        byte* wanted = stackalloc byte[ShortElementBytesMax];
        int size = Encode(wanted, value);
        return size switch
        {
            < 4 => Walk(from, end, stride, new TinyPattern(wanted, size)),
            < 8 => Walk(from, end, stride, new SmallPattern(wanted, size)),
            <= 16 => Walk(from, end, stride, new MediumPattern(wanted, size)),
            _ => Walk(from, end, stride, new LargePattern(wanted, size)),
        };
    }

    private static byte* Walk<TPattern>(byte* element, byte* end, int stride, TPattern pattern)
        where TPattern : struct, IPattern
    {
        while (element < end)
        {
            if (pattern.Matches(element))
                return element;
            for (int i = 0; i < stride && element < end; i++)
                element += SizeOf(element);
        }

        return null;
    }

    private static byte* FindLong(byte* element, byte* end, ReadOnlySpan<byte> value, int stride)
    {
        while (element < end)
        {
            if (TryText(element, out byte* text, out int length) && length == value.Length && new ReadOnlySpan<byte>(text, length).SequenceEqual(value))
                return element;
            for (int i = 0; i < stride && element < end; i++)
                element += SizeOf(element);
        }

        return null;
    }

    // 2 or 3 bytes: the last one, a backlen, says nothing new; every element has two.
    private readonly struct TinyPattern(byte* wanted, int size) : IPattern
    {
        private readonly ushort _mask = (ushort)(size == 2 ? 0xFF : 0xFFFF);
        private readonly ushort _head = (ushort)(Unsafe.ReadUnaligned<ushort>(wanted) & (size == 2 ? 0xFF : 0xFFFF));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(byte* element) => (Unsafe.ReadUnaligned<ushort>(element) & _mask) == _head;
    }

    // 4 to 7 bytes: two overlapping words.
    private readonly struct SmallPattern(byte* wanted, int size) : IPattern
    {
        private readonly byte _mark = *wanted;
        private readonly int _tailAt = size - sizeof(uint);
        private readonly uint _head = Unsafe.ReadUnaligned<uint>(wanted);
        private readonly uint _tail = Unsafe.ReadUnaligned<uint>(wanted + size - sizeof(uint));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(byte* element) =>
            *element == _mark && Unsafe.ReadUnaligned<uint>(element) == _head && Unsafe.ReadUnaligned<uint>(element + _tailAt) == _tail;
    }

    // 8 to 16 bytes. The tail first: values of one kind begin alike.
    private readonly struct MediumPattern(byte* wanted, int size) : IPattern
    {
        private readonly byte _mark = *wanted;
        private readonly int _tailAt = size - sizeof(ulong);
        private readonly ulong _head = Unsafe.ReadUnaligned<ulong>(wanted);
        private readonly ulong _tail = Unsafe.ReadUnaligned<ulong>(wanted + size - sizeof(ulong));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(byte* element) =>
            *element == _mark && Unsafe.ReadUnaligned<ulong>(element + _tailAt) == _tail && Unsafe.ReadUnaligned<ulong>(element) == _head;
    }

    // 17 to 65 bytes.
    private readonly struct LargePattern(byte* wanted, int size) : IPattern
    {
        private readonly byte _mark = *wanted;
        private readonly int _tailAt = size - sizeof(ulong);
        private readonly ulong _tail = Unsafe.ReadUnaligned<ulong>(wanted + size - sizeof(ulong));
        private readonly byte* _wanted = wanted;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Matches(byte* element) =>
            *element == _mark
            && Unsafe.ReadUnaligned<ulong>(element + _tailAt) == _tail
            && new ReadOnlySpan<byte>(element, _tailAt).SequenceEqual(new ReadOnlySpan<byte>(_wanted, _tailAt));
    }
}
