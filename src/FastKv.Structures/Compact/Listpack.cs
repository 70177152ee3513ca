namespace FastKv.Structures;

// STUB: the contract; the list part implements it.

/// <summary>
/// Elements one behind the other, each with its length in front and at its end, so that one can walk both ways. The bytes of an element are those of Redis's
/// listpack (github.com/antirez/listpack), so RDB files take them as they are; the header and the end mark of a listpack are not kept in memory. Data plane.
/// </summary>
/// <remarks>Content of a compact value: <c>[u16 count, 65535: count them][element]…</c>. Integers' texts are kept as integers.</remarks>
public static unsafe class Listpack
{
    /// <summary>Bytes before the first element: the number of elements.</summary>
    public const int HeaderBytes = 2;

    /// <summary>Bytes that <see cref="Text"/> needs for an integer.</summary>
    public const int ScratchBytes = 24;

    /// <summary>Elements, O(1) unless there are more than 65,534.</summary>
    public static long Count(byte* content, int length) => throw new NotImplementedException();

    /// <summary>Size of the whole element that starts at <paramref name="element"/>.</summary>
    public static int SizeOf(byte* element) => throw new NotImplementedException();

    /// <summary>Where the element before the one at <paramref name="element"/> (or before the end) starts.</summary>
    public static byte* Previous(byte* element) => throw new NotImplementedException();

    /// <summary>The element's value: a view of it, or of <paramref name="scratch"/> if it is an integer.</summary>
    public static ReadOnlySpan<byte> Text(byte* element, Span<byte> scratch) => throw new NotImplementedException();

    /// <summary>Whether it is an integer, and which.</summary>
    public static bool TryInteger(byte* element, out long value) => throw new NotImplementedException();

    /// <summary>Length of the value as text, without making it.</summary>
    public static int TextLength(byte* element) => throw new NotImplementedException();

    /// <summary>Whether the element is <paramref name="value"/>.</summary>
    public static bool Is(byte* element, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>The first element equal to <paramref name="value"/>, looking at the one at <paramref name="from"/> and each (stride)th after it; null: none.</summary>
    public static byte* Find(byte* from, byte* end, ReadOnlySpan<byte> value, int stride) => throw new NotImplementedException();

    /// <summary>Bytes that an element for this value takes.</summary>
    public static int EncodedBytes(ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>Writes an element; returns its size.</summary>
    public static int Encode(byte* to, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>The n-th element of a content (negative: from the end); null: there is none. O(n).</summary>
    public static byte* At(byte* content, int length, long index) => throw new NotImplementedException();
}

/// <summary>Changes of a listpack that is the content of an entry (<see cref="CompactValue"/>). Each returns the entry, which may have moved.</summary>
public static unsafe class ListpackEntry
{
    /// <summary>A new entry with an empty listpack.</summary>
    public static byte* Create(ValueHeap values, ValueType type, ValueEncoding encoding, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) =>
        throw new NotImplementedException();

    /// <summary>Number of elements.</summary>
    public static long Count(byte* entry) => throw new NotImplementedException();

    /// <summary>The first element, and the end (equal: there is none).</summary>
    public static byte* First(byte* entry, out byte* end) => throw new NotImplementedException();

    /// <summary>Inserts an element at an offset of the content (<see cref="Listpack.HeaderBytes"/>: in front; the length: at the end).</summary>
    public static byte* Insert(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>Inserts two elements at once (field and value, member and score).</summary>
    public static byte* InsertPair(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) =>
        throw new NotImplementedException();

    /// <summary>Puts a value in the place of the element at an offset.</summary>
    public static byte* Replace(ValueHeap values, byte* entry, int offset, ReadOnlySpan<byte> value) => throw new NotImplementedException();

    /// <summary>Deletes <paramref name="count"/> elements from an offset on.</summary>
    public static byte* Delete(ValueHeap values, byte* entry, int offset, int count) => throw new NotImplementedException();
}
