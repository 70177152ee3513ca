using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Structures;

/// <summary>A field or a value of an entry: bytes, or the integer whose text it is. Data plane.</summary>
public readonly unsafe struct StreamItem(byte* bytes, int length, long integer)
{
    private const int IntegerMark = -1;

    /// <summary>The bytes, unless it is an integer.</summary>
    public ReadOnlySpan<byte> Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Debug.Assert(!IsInteger, "it is an integer");
            return new(bytes, length);
        }
    }

    /// <summary>Whether it is the canonical text of <see cref="Integer"/>.</summary>
    public bool IsInteger => length == IntegerMark;

    /// <summary>The integer.</summary>
    public long Integer => integer;

    /// <summary>Bytes of the code's value in the block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long BytesOf(ulong code) => (long)(code >> 1);

    /// <summary>The code of an integer.</summary>
    internal static ulong CodeOf(long integer) => integer switch
    {
        >= sbyte.MinValue and <= sbyte.MaxValue => (1 << 1) | 1,
        >= short.MinValue and <= short.MaxValue => (2 << 1) | 1,
        >= int.MinValue and <= int.MaxValue => (4 << 1) | 1,
        _ => (8 << 1) | 1,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static StreamItem Read(ulong code, byte* bytes)
    {
        if ((code & 1) == 0)
            return new StreamItem(bytes, (int)(code >> 1), 0);
        long integer = (code >> 1) switch
        {
            1 => *(sbyte*)bytes,
            2 => Unsafe.ReadUnaligned<short>(bytes),
            4 => Unsafe.ReadUnaligned<int>(bytes),
            _ => Unsafe.ReadUnaligned<long>(bytes),
        };
        return new StreamItem(null, IntegerMark, integer);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* WriteInteger(byte* target, ulong code, long integer)
    {
        int width = (int)(code >> 1);
        switch (width)
        {
            case 1:
                *target = (byte)integer;
                break;
            case 2:
                Unsafe.WriteUnaligned(target, (short)integer);
                break;
            case 4:
                Unsafe.WriteUnaligned(target, (int)integer);
                break;
            default:
                Unsafe.WriteUnaligned(target, integer);
                break;
        }
        return target + width;
    }
}

/// <summary>The fields and values of one entry, in order; valid as long as the stream does not change. Data plane.</summary>
public unsafe ref struct StreamItems
{
    private byte* _schema;
    private byte* _codes;
    private byte* _items;

    internal StreamItems(byte* schema, byte* codes, byte* items)
    {
        _schema = schema;
        _codes = codes;
        _items = items;
    }

    /// <summary>The next field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public StreamItem NextField()
    {
        if (_schema == null)
            return NextValue();
        int length = (int)Varint.Read(ref _schema);
        var item = new StreamItem(_schema, length, 0);
        _schema += length;
        return item;
    }

    /// <summary>The value of the field that was read before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public StreamItem NextValue()
    {
        ulong code = Varint.Read(ref _codes);
        var item = StreamItem.Read(code, _items);
        _items += StreamItem.BytesOf(code);
        return item;
    }
}
