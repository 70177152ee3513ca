using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>Entries whose value is a string: create, overwrite, read, resize, free. Data plane.</summary>
/// <remarks>
/// A value stands in the entry's block as long as the block has at most 4 KiB, else in a buffer of its own. The encoding is Redis's:
/// an integer where the text is one, "embstr" up to 44 bytes, "raw" above or once modified in place. Methods that return an entry may
/// have moved it; see <see cref="EntryBlock"/>.
/// </remarks>
public static unsafe class StringEntry
{
    /// <summary>Longest canonical integer; the buffer that <see cref="Read"/> needs.</summary>
    public const int IntegerTextBytesMax = IntegerText.BytesMax;

    /// <summary>Longest "embstr", as in Redis.</summary>
    public const int EmbeddedBytesMax = 44;

    /// <summary>Largest block with the value inside: the largest of a slab, so that a block of a slab that holds a string says itself whose it is, and can be
    /// moved when the slab is to be emptied.</summary>
    public const int InlineBlockBytesMax = 4096;

    // A value that is modified in place leaves the block earlier: in a buffer it can have spare room.
    private const int GrowingInlineBytesMax = 128;

    // As Redis's sds: twice the need, and from 1 MiB on 1 MiB more.
    private const long SpareBytesMax = 1024 * 1024;

    private static readonly int s_externalBytes = sizeof(ExternalValue);

    /// <summary>A new entry. O(key + value).</summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">The value, in any encoding's text.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none.</param>
    /// <param name="clock">The 24-bit access clock.</param>
    public static byte* Create(NativeHeap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiryMs = -1, uint clock = 0)
    {
        if (IntegerText.TryParse(value, out long integer))
            return CreateInteger(heap, key, integer, expiryMs, clock);
        ValueEncoding encoding = value.Length <= EmbeddedBytesMax ? ValueEncoding.EmbeddedString : ValueEncoding.Raw;
        return CreateText(heap, key, value, encoding, expiryMs, clock);
    }

    /// <summary>A new entry with an integer.</summary>
    public static byte* CreateInteger(NativeHeap heap, ReadOnlySpan<byte> key, long value, long expiryMs = -1, uint clock = 0)
    {
        EntryRef entry = EntryBlock.Allocate(heap, ValueType.String, ValueEncoding.Int, EntryFlags.None, key, sizeof(long), expiryMs, clock);
        Unsafe.WriteUnaligned(entry.Value, value);
        return entry.Block;
    }

    /// <summary>A new entry that is "raw" whatever its text (SETRANGE, SETBIT and BITOP make such).</summary>
    public static byte* CreateRaw(NativeHeap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiryMs = -1, uint clock = 0) =>
        CreateText(heap, key, value, ValueEncoding.Raw, expiryMs, clock);

    /// <summary>A new "raw" entry of undefined bytes, which the caller writes (<see cref="Bytes"/>).</summary>
    public static byte* CreateUnwritten(NativeHeap heap, ReadOnlySpan<byte> key, long length, long expiryMs = -1, uint clock = 0) =>
        AllocateText(heap, key, length, ValueEncoding.Raw, expiryMs, clock).Block;

    /// <summary>A new "raw" entry of zero bytes.</summary>
    public static byte* CreateZeroed(NativeHeap heap, ReadOnlySpan<byte> key, long length, long expiryMs = -1, uint clock = 0)
    {
        EntryRef entry = AllocateText(heap, key, length, ValueEncoding.Raw, expiryMs, clock);
        byte* data = Bytes(entry.Block, out long count);
        NativeMemory.Clear(data, (nuint)count);
        return entry.Block;
    }

    /// <summary>A copy under another key, in any heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(key + value).</summary>
    public static byte* Copy(NativeHeap heap, byte* entry, ReadOnlySpan<byte> key)
    {
        var source = new EntryRef(entry);
        if (TryGetInteger(entry, out long integer))
            return CreateInteger(heap, key, integer, source.ExpiryMs, source.AccessClock);
        byte* bytes = Bytes(entry, out long length);
        return CreateText(heap, key, new ReadOnlySpan<byte>(bytes, checked((int)length)), source.Encoding, source.ExpiryMs, source.AccessClock);
    }

    /// <summary>
    /// Overwrites value and expiry (SET). Nothing is allocated when the new entry fills a block of the same size: the common case.
    /// </summary>
    /// <param name="heap">The shard's heap.</param>
    /// <param name="entry">The entry; of any type if it is not a pointer's, whose structure the caller has freed before.</param>
    /// <param name="value">The new value; must not lie in the entry.</param>
    /// <param name="expiryMs">Unix milliseconds; 0 or negative for none (pass the old one for KEEPTTL).</param>
    /// <returns>The entry; key and access clock are the same.</returns>
    public static byte* Overwrite(NativeHeap heap, byte* entry, ReadOnlySpan<byte> value, long expiryMs = -1)
    {
        bool isInteger = IntegerText.TryParse(value, out long integer);
        int inlineLength = isInteger ? sizeof(long) : value.Length;
        var old = new EntryRef(entry);
        if (old.HasExpiry == expiryMs > 0 && !old.IsExternal)
        {
            long prefix = old.Value - entry;
            long total = prefix + inlineLength;
            if (total <= InlineBlockBytesMax && NativeHeap.UsableSize(total) == NativeHeap.UsableSize(prefix + old.InlineLength))
            {
                WriteInline(old, value, isInteger, integer, expiryMs);
                return entry;
            }
        }

        return OverwriteElsewhere(heap, old, value, isInteger, integer, expiryMs);
    }

    /// <summary>Sets the value to an integer (INCR and its kin); the expiry stays. In place when it is one already.</summary>
    /// <returns>The entry.</returns>
    public static byte* SetInteger(NativeHeap heap, byte* entry, long value)
    {
        var old = new EntryRef(entry);
        if (TryGetInteger(entry, out _))
        {
            Unsafe.WriteUnaligned(old.Value, value);
            return entry;
        }

        byte* created = CreateInteger(heap, old.Key, value, old.ExpiryMs, old.AccessClock);
        Free(heap, entry);
        return created;
    }

    /// <summary>The value of an entry with the encoding <see cref="ValueEncoding.Int"/>.</summary>
    public static bool TryGetInteger(byte* entry, out long value)
    {
        var view = new EntryRef(entry);
        Debug.Assert(view.Type == ValueType.String, "the caller has checked the type");
        if (view.Encoding != ValueEncoding.Int)
        {
            value = 0;
            return false;
        }

        value = Unsafe.ReadUnaligned<long>(view.Value);
        return true;
    }

    /// <summary>The value as text: a view of the entry, or of <paramref name="buffer"/> with a formatted integer. Valid until either changes.</summary>
    /// <param name="entry">A string of at most 2 GiB.</param>
    /// <param name="buffer">At least <see cref="IntegerTextBytesMax"/> bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ReadOnlySpan<byte> Read(byte* entry, Span<byte> buffer)
    {
        var view = new EntryRef(entry);
        if (view.Encoding == ValueEncoding.Int)
            return ReadInteger(view, buffer);
        return view.IsExternal ? ReadExternal(view) : new ReadOnlySpan<byte>(view.Value, view.InlineLength);
    }

    /// <summary>Length of the value's text in bytes. O(1).</summary>
    public static long Length(byte* entry)
    {
        if (TryGetInteger(entry, out long integer))
            return IntegerText.LengthOf(integer);
        Bytes(entry, out long length);
        return length;
    }

    /// <summary>The bytes of a value that is no integer, for reading and (in a "raw" one) writing.</summary>
    public static byte* Bytes(byte* entry, out long length)
    {
        var view = new EntryRef(entry);
        Debug.Assert(view.Type == ValueType.String && view.Encoding != ValueEncoding.Int, "bytes, not an integer");
        if (view.IsExternal)
        {
            ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(view.Value);
            length = external.Length;
            return external.Data;
        }

        length = view.InlineLength;
        return view.Value;
    }

    /// <summary>
    /// Makes the value "raw" and at least <paramref name="length"/> bytes long, new bytes being 0, for SETRANGE, SETBIT and BITFIELD. Room is
    /// kept for as much again (up to 1 MiB), so that growth costs O(1) per byte, amortised.
    /// </summary>
    /// <returns>The entry; <see cref="Bytes"/> may be written to.</returns>
    public static byte* EnsureLength(NativeHeap heap, byte* entry, long length)
    {
        entry = Extend(heap, entry, length, out byte* added, out long addedBytes);
        NativeMemory.Clear(added, (nuint)addedBytes);
        return entry;
    }

    /// <summary>Appends (APPEND); the value becomes "raw". O(appended), amortised.</summary>
    /// <returns>The entry.</returns>
    public static byte* Append(NativeHeap heap, byte* entry, ReadOnlySpan<byte> suffix)
    {
        entry = Extend(heap, entry, Length(entry) + suffix.Length, out byte* added, out long addedBytes);
        Debug.Assert(addedBytes == suffix.Length, "just that");
        suffix.CopyTo(new Span<byte>(added, suffix.Length));
        return entry;
    }

    /// <summary>The buffer of a value that does not stand in the entry's block: what a snapshot may go on reading; null: there is none. O(1).</summary>
    /// <param name="entry">An entry of any type.</param>
    /// <param name="length">Bytes of the value.</param>
    public static byte* BufferOf(EntryRef entry, out long length)
    {
        length = 0;
        if (!entry.IsExternal)
            return null;
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        length = external.Length;
        return external.Data;
    }

    /// <summary>Heap bytes that the entry occupies, its buffer included (MEMORY USAGE).</summary>
    public static long MemoryBytes(byte* entry)
    {
        var view = new EntryRef(entry);
        long block = NativeHeap.UsableSize(view.BlockBytes);
        return view.IsExternal ? block + Unsafe.ReadUnaligned<ExternalValue>(view.Value).Capacity : block;
    }

    /// <summary>Frees the entry and its buffer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(NativeHeap heap, byte* entry)
    {
        var view = new EntryRef(entry);
        if (view.IsExternal)
            FreeBuffer(heap, view);
        heap.Free(entry, view.BlockBytes);
    }

    private static byte* CreateText(NativeHeap heap, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ValueEncoding encoding, long expiryMs, uint clock)
    {
        EntryRef entry = AllocateText(heap, key, value.Length, encoding, expiryMs, clock);
        byte* data = Bytes(entry.Block, out _);
        value.CopyTo(new Span<byte>(data, value.Length));
        return entry.Block;
    }

    private static EntryRef AllocateText(NativeHeap heap, ReadOnlySpan<byte> key, long length, ValueEncoding encoding, long expiryMs, uint clock)
    {
        // Below the size of an external value's own fields nothing is gained by one, however long the key.
        if (EntryBlock.PrefixBytes(key.Length, expiryMs > 0) + length <= InlineBlockBytesMax || length <= s_externalBytes)
            return EntryBlock.Allocate(heap, ValueType.String, encoding, EntryFlags.None, key, (int)length, expiryMs, clock);
        ExternalValue external = AllocateBuffer(heap, length, length);
        EntryRef entry = EntryBlock.Allocate(heap, ValueType.String, encoding, EntryFlags.ExternalValue, key, s_externalBytes, expiryMs, clock);
        Unsafe.WriteUnaligned(entry.Value, external);
        return entry;
    }

    private static ExternalValue AllocateBuffer(NativeHeap heap, long length, long capacity)
    {
        capacity = NativeHeap.UsableSize(capacity);
        return new ExternalValue { Data = heap.Allocate(capacity), Length = length, Capacity = capacity };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteInline(EntryRef entry, ReadOnlySpan<byte> value, bool isInteger, long integer, long expiryMs)
    {
        if (expiryMs > 0)
            entry.SetExpiryInPlace(expiryMs);
        entry.SetFlags(entry.Flags & ~EntryFlags.PointerValue);
        if (isInteger)
        {
            entry.SetType(ValueType.String, ValueEncoding.Int);
            entry.SetInlineLength(sizeof(long));
            Unsafe.WriteUnaligned(entry.Value, integer);
            return;
        }

        entry.SetType(ValueType.String, value.Length <= EmbeddedBytesMax ? ValueEncoding.EmbeddedString : ValueEncoding.Raw);
        entry.SetInlineLength(value.Length);
        value.CopyTo(new Span<byte>(entry.Value, value.Length));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* OverwriteElsewhere(NativeHeap heap, EntryRef old, ReadOnlySpan<byte> value, bool isInteger, long integer, long expiryMs)
    {
        if (old.IsExternal && old.HasExpiry == expiryMs > 0 && !isInteger && TryReuseBuffer(heap, old, value))
        {
            if (expiryMs > 0)
                old.SetExpiryInPlace(expiryMs);
            return old.Block;
        }

        byte* created = isInteger
            ? CreateInteger(heap, old.Key, integer, expiryMs, old.AccessClock)
            : Create(heap, old.Key, value, expiryMs, old.AccessClock);
        Free(heap, old.Block);
        return created;
    }

    // A buffer that the new value fills to more than half serves on, unless somebody else has yet to read it.
    private static bool TryReuseBuffer(NativeHeap heap, EntryRef entry, ReadOnlySpan<byte> value)
    {
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        bool staysExternal = entry.Value - entry.Block + value.Length > InlineBlockBytesMax && value.Length > s_externalBytes;
        if (!staysExternal || value.Length > external.Capacity || value.Length < external.Capacity / 2)
            return false;
        if (heap.Keeper is not null && heap.Keeper.IsReading(external.Data))
            return false;
        value.CopyTo(new Span<byte>(external.Data, value.Length));
        external.Length = value.Length;
        Unsafe.WriteUnaligned(entry.Value, external);
        entry.SetType(ValueType.String, value.Length <= EmbeddedBytesMax ? ValueEncoding.EmbeddedString : ValueEncoding.Raw);
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ReadOnlySpan<byte> ReadInteger(EntryRef entry, Span<byte> buffer) =>
        buffer[..IntegerText.Format(Unsafe.ReadUnaligned<long>(entry.Value), buffer)];

    private static ReadOnlySpan<byte> ReadExternal(EntryRef entry)
    {
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        return new ReadOnlySpan<byte>(external.Data, checked((int)external.Length));
    }

    private static void FreeBuffer(NativeHeap heap, EntryRef entry)
    {
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        heap.Free(external.Data, external.Capacity);
    }

    /// <summary>Makes the value raw and longer; the added bytes are undefined. Does nothing about the length if it is that long already.</summary>
    private static byte* Extend(NativeHeap heap, byte* entry, long length, out byte* added, out long addedBytes)
    {
        var old = new EntryRef(entry);
        if (old.IsExternal)
        {
            old.SetType(ValueType.String, ValueEncoding.Raw);
            ExtendBuffer(heap, old, length, out added, out addedBytes);
            return entry;
        }

        Span<byte> integer = stackalloc byte[IntegerText.BytesMax];
        ReadOnlySpan<byte> text = Read(entry, integer);
        length = Math.Max(length, text.Length);
        long prefix = old.Value - entry;
        bool fitsInBlock = old.Encoding != ValueEncoding.Int && prefix + length <= InlineBlockBytesMax
            && NativeHeap.UsableSize(prefix + length) == NativeHeap.UsableSize(prefix + text.Length);
        addedBytes = length - text.Length;
        if (fitsInBlock)
        {
            old.SetType(ValueType.String, ValueEncoding.Raw);
            added = old.Value + text.Length;
            old.SetInlineLength((int)length);
            return entry;
        }

        EntryRef moved;
        byte* data;
        if (length <= GrowingInlineBytesMax)
        {
            moved = EntryBlock.Allocate(heap, ValueType.String, ValueEncoding.Raw, EntryFlags.None, old.Key, (int)length, old.ExpiryMs, old.AccessClock);
            data = moved.Value;
        }
        else
        {
            ExternalValue external = AllocateBuffer(heap, length, WithSpare(length));
            moved = EntryBlock.Allocate(
                heap, ValueType.String, ValueEncoding.Raw, EntryFlags.ExternalValue, old.Key, s_externalBytes, old.ExpiryMs, old.AccessClock);
            Unsafe.WriteUnaligned(moved.Value, external);
            data = external.Data;
        }

        text.CopyTo(new Span<byte>(data, text.Length));
        added = data + text.Length;
        heap.Free(entry, old.BlockBytes);
        return moved.Block;
    }

    private static void ExtendBuffer(NativeHeap heap, EntryRef entry, long length, out byte* added, out long addedBytes)
    {
        ExternalValue external = Unsafe.ReadUnaligned<ExternalValue>(entry.Value);
        length = Math.Max(length, external.Length);
        if (length > external.Capacity)
        {
            long capacity = NativeHeap.UsableSize(WithSpare(length));
            external.Data = heap.Reallocate(external.Data, external.Capacity, capacity);
            external.Capacity = capacity;
        }

        added = external.Data + external.Length;
        addedBytes = length - external.Length;
        external.Length = length;
        Unsafe.WriteUnaligned(entry.Value, external);
    }

    private static long WithSpare(long length) => length + Math.Min(length, SpareBytesMax);
}
