using System.Runtime.InteropServices;
using System.Text;

namespace FastKv.Memory;

// Test plane: the guarded mode of a heap. Each block sits between two red zones, the header in front of it:
//
//   +-----------------------+---------------------------+-----------------+
//   | header 64 B           | UsableSize(size) bytes    | red zone 16–79  |
//   | magic, size, links,   | 0xCD when allocated       | 0xFD            |
//   | number, owner, canary | 0xDD when freed           |                 |
//   +-----------------------+---------------------------+-----------------+
//
// A freed block stays in quarantine for a while; whoever writes to it meanwhile is found when it leaves. Live blocks form a list
// through their headers, which is what the leak report walks. Blocks whose usable size is no multiple of 64 are deliberately put
// 8 bytes off a cache line, so that code which counts on more alignment than it was promised shows it.
internal sealed unsafe class GuardedBlocks(NativeHeap heap)
{
    private const ulong LiveMagic = 0x6C69_7665_626C_6F63;
    private const ulong FreedMagic = 0x6672_6565_6462_6C6B;
    private const ulong Canary = 0xC0DE_CAFE_F00D_5EED;
    private const byte FreshByte = 0xCD;
    private const byte FreedByte = 0xDD;
    private const byte RedZoneByte = 0xFD;
    private const int HeaderBytes = 64;
    private const int RedZoneBytesMin = 16;
    private const int QuarantineBlocksMax = 1024;
    private const long QuarantineBytesMax = 4 * 1024 * 1024;
    private const int ReportedBlocksMax = 16;
    private const int ReportedBytesMax = 48;

    private static long s_owners;

    private readonly long _owner = Interlocked.Increment(ref s_owners);
    private readonly Header*[] _quarantine = new Header*[QuarantineBlocksMax];
    private int _quarantineFirst;
    private int _quarantineCount;
    private long _quarantineBytes;
    private Header* _live;
    private long _number;

    internal long UsedBytes { get; private set; }

    internal long LiveBlocks { get; private set; }

    internal byte* Allocate(long sizeBytes)
    {
        long usable = NativeHeap.UsableSize(sizeBytes);
        long total = TotalOf(usable);
        byte* raw = heap.AllocateRaw(total);
        var header = (Header*)(raw + OffsetOf(usable));
        header->Magic = LiveMagic;
        header->SizeBytes = sizeBytes;
        header->Number = ++_number;
        header->Owner = _owner;
        for (int i = 0; i < Header.CanaryCount; i++)
            header->Canaries[i] = Canary;
        byte* block = BlockOf(header);
        Fill(block, usable, FreshByte);
        Fill(block + usable, raw + total - (block + usable), RedZoneByte);
        Link(header);
        UsedBytes += usable;
        LiveBlocks++;
        return block;
    }

    internal void Free(byte* block, long sizeBytes)
    {
        Header* header = Check(block, sizeBytes);
        long usable = NativeHeap.UsableSize(header->SizeBytes);
        Unlink(header);
        UsedBytes -= usable;
        LiveBlocks--;
        header->Magic = FreedMagic;
        Fill(block, usable, FreedByte);
        if (_quarantineCount == QuarantineBlocksMax)
            Evict();
        _quarantine[(_quarantineFirst + _quarantineCount++) % QuarantineBlocksMax] = header;
        _quarantineBytes += TotalOf(usable);
        while (_quarantineBytes > QuarantineBytesMax)
            Evict();
    }

    /// <summary>Always moves, so that a stale pointer shows.</summary>
    internal byte* Reallocate(byte* block, long oldSizeBytes, long newSizeBytes)
    {
        _ = Check(block, oldSizeBytes);
        byte* moved = Allocate(newSizeBytes);
        long kept = Math.Min(NativeHeap.UsableSize(oldSizeBytes), NativeHeap.UsableSize(newSizeBytes));
        Buffer.MemoryCopy(block, moved, kept, kept);
        heap.Free(block, oldSizeBytes);
        return moved;
    }

    /// <summary>Empties the quarantine, checking each block.</summary>
    internal void Flush()
    {
        while (_quarantineCount > 0)
            Evict();
    }

    /// <summary>The last check: nothing written after its free, nothing out of bounds, nothing leaked.</summary>
    internal void Close()
    {
        Flush();
        for (Header* header = _live; header != null; header = header->Next)
            _ = Check(BlockOf(header), header->SizeBytes);
        if (_live != null)
            throw new HeapLeakException(LeakReport());
    }

    private static byte* BlockOf(Header* header) => (byte*)header + HeaderBytes;

    private static long OffsetOf(long usableBytes) => usableBytes % 64 == 0 ? 0 : 8;

    private static long TotalOf(long usableBytes) => (OffsetOf(usableBytes) + HeaderBytes + usableBytes + RedZoneBytesMin + 63) & ~63L;

    private static void Fill(byte* start, long count, byte value) => NativeMemory.Fill(start, (nuint)count, value);

    private static long FirstOther(byte* start, long count, byte value)
    {
        for (long done = 0; done < count;)
        {
            int part = (int)Math.Min(count - done, int.MaxValue);
            int found = new ReadOnlySpan<byte>(start + done, part).IndexOfAnyExcept(value);
            if (found >= 0)
                return done + found;
            done += part;
        }

        return -1;
    }

    private Header* Check(byte* block, long sizeBytes)
    {
        if (!AddressSpace.Contains(block) || ((nuint)block & 7) != 0)
            throw Corrupt($"0x{(nuint)block:x} is no block of any heap");
        var header = (Header*)(block - HeaderBytes);
        if (header->Magic == FreedMagic)
            throw Corrupt($"block #{header->Number} of {header->SizeBytes} bytes is freed a second time");
        if (header->Magic != LiveMagic)
            throw Corrupt($"0x{(nuint)block:x} is no live block, or the bytes before it were overwritten");
        for (int i = 0; i < Header.CanaryCount; i++)
        {
            if (header->Canaries[i] != Canary)
                throw Corrupt($"the red zone before block #{header->Number} of {header->SizeBytes} bytes was overwritten");
        }

        if (header->Owner != _owner)
            throw Corrupt($"block #{header->Number} of {header->SizeBytes} bytes belongs to another heap");
        long usable = NativeHeap.UsableSize(header->SizeBytes);
        byte* end = block + usable;
        byte* rawEnd = (byte*)header - OffsetOf(usable) + TotalOf(usable);
        long damage = FirstOther(end, rawEnd - end, RedZoneByte);
        if (damage >= 0)
            throw Corrupt($"block #{header->Number} of {header->SizeBytes} bytes ({usable} usable) was written to at offset {usable + damage}");
        if (NativeHeap.UsableSize(sizeBytes) != usable)
            throw Corrupt($"block #{header->Number} was allocated with {header->SizeBytes} bytes, but {sizeBytes} are given now");
        return header;
    }

    private void Evict()
    {
        Header* header = _quarantine[_quarantineFirst];
        _quarantineFirst = (_quarantineFirst + 1) % QuarantineBlocksMax;
        _quarantineCount--;
        long usable = NativeHeap.UsableSize(header->SizeBytes);
        _quarantineBytes -= TotalOf(usable);
        long damage = FirstOther(BlockOf(header), usable, FreedByte);
        if (header->Magic != FreedMagic)
            throw Corrupt($"the header of a freed block at 0x{(nuint)header:x} was overwritten");
        if (damage >= 0)
            throw Corrupt($"block #{header->Number} of {header->SizeBytes} bytes was written to at offset {damage} after its free");
        header->Magic = 0;
        heap.FreeRaw((byte*)header - OffsetOf(usable), TotalOf(usable));
    }

    private HeapCorruptionException Corrupt(string what) => new($"Heap '{heap.Name}': {what}.");

    private string LeakReport()
    {
        var report = new StringBuilder();
        report.Append($"Heap '{heap.Name}': {LiveBlocks} blocks of {UsedBytes} bytes in all were never freed:");
        int listed = 0;
        for (Header* header = _live; header != null && listed < ReportedBlocksMax; header = header->Next, listed++)
        {
            var bytes = new ReadOnlySpan<byte>(BlockOf(header), (int)Math.Min(header->SizeBytes, ReportedBytesMax));
            report.Append($"\n  #{header->Number}, {header->SizeBytes} bytes: {Convert.ToHexString(bytes)}");
            report.Append($" \"{Printable(bytes)}\"");
        }

        if (listed < LiveBlocks)
            report.Append($"\n  and {LiveBlocks - listed} more");
        return report.ToString();
    }

    private static string Printable(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte value in bytes)
            text.Append(value is >= 32 and < 127 ? (char)value : '.');
        return text.ToString();
    }

    private void Link(Header* header)
    {
        header->Previous = null;
        header->Next = _live;
        if (_live != null)
            _live->Previous = header;
        _live = header;
    }

    private void Unlink(Header* header)
    {
        if (header->Previous != null)
            header->Previous->Next = header->Next;
        else
            _live = header->Next;
        if (header->Next != null)
            header->Next->Previous = header->Previous;
    }

    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    private struct Header
    {
        internal const int CanaryCount = 2;

        public ulong Magic;
        public long SizeBytes;
        public Header* Next;
        public Header* Previous;
        public long Number;
        public long Owner;

        // Last, so that they are what an underflow hits first.
        public fixed ulong Canaries[CanaryCount];
    }
}
