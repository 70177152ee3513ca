using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>A view of an entry's block (the layout is drawn in Entry.cs). Data plane; every member is O(1).</summary>
public readonly unsafe struct EntryRef(byte* block) : IEquatable<EntryRef>
{
    internal const int HeaderBytes = 8;
    internal const int ExpiryBytes = 8;
    internal const int LongKeyLengthBytes = 4;
    internal const int LongKeyMark = 255;
    internal const int ClockBits = 24;

    private const int FlagsOffset = 1;
    private const int ClockOffset = 2;
    private const int KeyLengthOffset = 5;
    private const int InlineLengthOffset = 6;
    private const int ExpiryOffset = 8;

    /// <summary>The block.</summary>
    public byte* Block => block;

    /// <summary>Whether there is none.</summary>
    public bool IsNull => block == null;

    /// <summary>The value's data type.</summary>
    public ValueType Type
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ValueType)(*block & 15);
    }

    /// <summary>The value's encoding.</summary>
    public ValueEncoding Encoding
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (ValueEncoding)(*block >> 4);
    }

    /// <summary>Layout flags.</summary>
    public EntryFlags Flags
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (EntryFlags)block[FlagsOffset];
    }

    /// <summary>Whether the entry has a time to live.</summary>
    public bool HasExpiry
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (block[FlagsOffset] & (byte)EntryFlags.HasExpiry) != 0;
    }

    /// <summary>Whether the value is an <see cref="ExternalValue"/>.</summary>
    public bool IsExternal
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (block[FlagsOffset] & (byte)EntryFlags.ExternalValue) != 0;
    }

    /// <summary>Whether the value is a native pointer.</summary>
    public bool IsPointer
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (block[FlagsOffset] & (byte)EntryFlags.PointerValue) != 0;
    }

    /// <summary>Whether this is a string in its block, with a key of up to 254 bytes, without an expiry, and of that generation: one look at the header.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsPlainString(EntryFlags generation) => block[FlagsOffset] == (byte)generation && (*block & 15) == (int)ValueType.String;

    /// <summary><see cref="EntryFlags.Generation"/> or <see cref="EntryFlags.None"/>.</summary>
    public EntryFlags Generation
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (EntryFlags)(block[FlagsOffset] & (byte)EntryFlags.Generation);
    }

    /// <summary>
    /// 24 bits for the eviction policy: seconds of the LRU clock, or 16 bits of minutes and 8 of a logarithmic counter (LFU).
    /// </summary>
    public uint AccessClock
    {
        get => (uint)(block[ClockOffset] | block[ClockOffset + 1] << 8 | block[ClockOffset + 2] << 16);
    }

    /// <summary>Length of the key in bytes.</summary>
    public int KeyLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int length = block[KeyLengthOffset];
            return length != LongKeyMark ? length : Unsafe.ReadUnaligned<int>(KeyStart - LongKeyLengthBytes);
        }
    }

    /// <summary>The key, inside the block.</summary>
    public ReadOnlySpan<byte> Key
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(KeyStart, KeyLength);
    }

    /// <summary>When the entry expires, in Unix milliseconds; -1 when it does not.</summary>
    public long ExpiryMs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HasExpiry ? *(long*)(block + ExpiryOffset) : -1;
    }

    /// <summary>Bytes behind the key: the value's, 8 of an integer or pointer, or 24 of an external value.</summary>
    public int InlineLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Unsafe.ReadUnaligned<ushort>(block + InlineLengthOffset);
    }

    /// <summary>What stands behind the key; not aligned.</summary>
    public byte* Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => KeyStart + KeyLength;
    }

    /// <summary>Size of the block, for its free; an external value or a structure behind a pointer is not included.</summary>
    public long BlockBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Value - block + InlineLength;
    }

    /// <summary>The value of an entry with <see cref="EntryFlags.PointerValue"/>.</summary>
    public byte* Pointer
    {
        get
        {
            Debug.Assert(IsPointer, "only where there is one");
            return (byte*)Unsafe.ReadUnaligned<nint>(Value);
        }
    }

    private byte* KeyStart
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            int flags = block[FlagsOffset];
            return block + HeaderBytes + ((flags & (int)EntryFlags.HasExpiry) << 3) + ((flags & (int)EntryFlags.LongKey) << 1);
        }
    }

    /// <summary>
    /// Whether the bytes of a block of that size, whatever they are, might be an entry that needs such a block: then the members above read nothing outside
    /// of it. The table says whether it is one.
    /// </summary>
    /// <param name="blockBytes">The block's size, a <see cref="NativeHeap.UsableSize"/>.</param>
    public bool MayFill(int blockBytes)
    {
        long prefix = blockBytes < HeaderBytes ? blockBytes : KeyStart - block;
        if (prefix >= blockBytes)
            return false;
        int keyLength = KeyLength;
        long bytes = prefix + keyLength + InlineLength;
        return keyLength >= 0 && bytes > 0 && bytes <= blockBytes && NativeHeap.UsableSize(bytes) == blockBytes;
    }

    /// <summary>Same block.</summary>
    public static bool operator ==(EntryRef left, EntryRef right) => left.Block == right.Block;

    /// <summary>Another block.</summary>
    public static bool operator !=(EntryRef left, EntryRef right) => left.Block != right.Block;

    /// <summary>Sets the 24 bits of <see cref="AccessClock"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetAccessClock(uint clock)
    {
        Debug.Assert(clock >> ClockBits == 0, "24 bits");
        Unsafe.WriteUnaligned(block + ClockOffset, (ushort)clock);
        block[ClockOffset + 2] = (byte)(clock >> 16);
    }

    /// <summary>Sets the generation, <see cref="EntryFlags.Generation"/> or <see cref="EntryFlags.None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetGeneration(EntryFlags generation)
    {
        Debug.Assert((generation & ~EntryFlags.Generation) == 0, "one bit");
        block[FlagsOffset] = (byte)((block[FlagsOffset] & ~(byte)EntryFlags.Generation) | (byte)generation);
    }

    /// <summary>Sets type and encoding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetType(ValueType type, ValueEncoding encoding)
    {
        Debug.Assert((int)type < 16 && (int)encoding < 16, "four bits each");
        *block = (byte)((int)type | (int)encoding << 4);
    }

    /// <summary>Sets the pointer of an entry with <see cref="EntryFlags.PointerValue"/>.</summary>
    public void SetPointer(byte* value)
    {
        Debug.Assert(IsPointer, "only where there is one");
        Unsafe.WriteUnaligned(Value, (nint)value);
    }

    /// <summary>Changes the expiry of an entry that has one (<see cref="EntryBlock.SetExpiry"/> for others).</summary>
    public void SetExpiryInPlace(long expiryMs)
    {
        Debug.Assert(HasExpiry && expiryMs > 0, "there is room for it");
        *(long*)(block + ExpiryOffset) = expiryMs;
    }

    /// <inheritdoc/>
    public bool Equals(EntryRef other) => this == other;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EntryRef other && this == other;

    /// <inheritdoc/>
    public override int GetHashCode() => ((nint)block).GetHashCode();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetFlags(EntryFlags flags) => block[FlagsOffset] = (byte)flags;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SetInlineLength(int length)
    {
        Debug.Assert(length is >= 0 and <= ushort.MaxValue, "two bytes");
        Unsafe.WriteUnaligned(block + InlineLengthOffset, (ushort)length);
    }

    // Header, expiry and key of a new block; the flags say which of them there are.
    internal void Write(ValueType type, ValueEncoding encoding, EntryFlags flags, uint clock, ReadOnlySpan<byte> key, int inlineLength, long expiryMs)
    {
        SetType(type, encoding);
        SetFlags(flags);
        SetAccessClock(clock);
        block[KeyLengthOffset] = (byte)Math.Min(key.Length, LongKeyMark);
        SetInlineLength(inlineLength);
        if ((flags & EntryFlags.HasExpiry) != 0)
            SetExpiryInPlace(expiryMs);
        if ((flags & EntryFlags.LongKey) != 0)
            Unsafe.WriteUnaligned(KeyStart - LongKeyLengthBytes, key.Length);
        key.CopyTo(new Span<byte>(KeyStart, key.Length));
    }
}

/// <summary>How a table reads keyspace entries. The expiry is the key's or, if that is earlier, the one of the next field of a hash.</summary>
public readonly unsafe struct KeyEntryLayout : IEntryLayout
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> KeyOf(byte* entry) => new EntryRef(entry).Key;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long ExpiryOf(byte* entry) => HashValue.MayHaveTimes(entry) ? ExpiryOfHash(new EntryRef(entry)) : new EntryRef(entry).ExpiryMs;

    /// <inheritdoc/>
    public static bool IsVolatile(byte* entry) => new EntryRef(entry).HasExpiry;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ExpiryOfHash(EntryRef entry)
    {
        long fieldsMs = HashValue.NextExpiryMs(entry);
        long keyMs = entry.ExpiryMs;
        return fieldsMs > 0 && (keyMs <= 0 || fieldsMs < keyMs) ? fieldsMs : keyMs;
    }
}
