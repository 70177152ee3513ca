// The buffers that the kernel picks from when bytes arrive on any connection of the loop (a provided-buffer ring). Data plane.
//
//   ring    [ entry entry entry ... ]     the kernel takes at its head, we give back at the tail (published once per turn)
//   memory  [ buffer 0 | buffer 1 | ... ] 512 x 16 KiB of address space
//
// The kernel goes round the ring, so every buffer in it gets touched sooner or later. To keep an idle server small only 16 buffers are put in at
// first; each time the kernel runs dry within a turn their number doubles. Receive sizes between 4 and 16 KiB measured alike; 16 KiB
// halves the number of completions of bulk uploads.
using System.Numerics;
using FastKv.Network.Native;

namespace FastKv.Network.Uring;

internal sealed unsafe class ReceiveBuffers : IDisposable
{
    internal const int BufferBytes = 16 * 1024;
    internal const int CountMax = 512;
    internal const ushort Group = 0;
    private const int CountInitial = 16;

    private readonly byte* _memory;
    private readonly BufferRingEntry* _ring;
    private readonly uint _countMax;
    private readonly nuint _ringBytes;
    private uint _count;
    private ushort _tail;

    internal ReceiveBuffers(Ring ring, int countMax = CountMax)
    {
        if (!BitOperations.IsPow2(countMax)) throw new ArgumentOutOfRangeException(nameof(countMax));
        _countMax = (uint)countMax;
        _ringBytes = (nuint)Math.Max(Environment.SystemPageSize, countMax * sizeof(BufferRingEntry));
        _ring = (BufferRingEntry*)MapPrivate(_ringBytes);
        _memory = MapPrivate(_countMax * BufferBytes);
        var registration = new BufferRingRegistration { RingAddress = (ulong)_ring, RingEntries = _countMax, BufferGroup = Group };
        int error = ring.Register(UringAbi.RegisterBufferRing, &registration, 1);
        if (error != 0)
        {
            Dispose();
            throw new NetworkException("io_uring_register(PBUF_RING)", error);
        }

        Add(Math.Min(CountInitial, _countMax));
        Publish();
    }

    /// <summary>Buffers in circulation.</summary>
    internal int Count => (int)_count;

    internal byte* Address(int buffer) => _memory + ((nint)buffer * BufferBytes);

    /// <summary>Gives a buffer back; the kernel sees it with the next <see cref="Publish"/>.</summary>
    internal void Return(int buffer)
    {
        BufferRingEntry* entry = _ring + (_tail & (_countMax - 1));
        entry->Address = (ulong)Address(buffer);
        entry->Length = BufferBytes;
        entry->BufferId = (ushort)buffer;
        _tail++;
    }

    /// <summary>The kernel found no buffer: puts twice as many into circulation.</summary>
    internal void Grow() => Add(Math.Min(_count, _countMax - _count));

    /// <summary>Shows the kernel everything given back. Release order: the entries are written before the tail.</summary>
    internal void Publish() => Volatile.Write(ref _ring->Tail, _tail);

    public void Dispose()
    {
        if (_memory != null) Libc.Unmap(_memory, _countMax * BufferBytes);
        if (_ring != null) Libc.Unmap(_ring, _ringBytes);
    }

    private static byte* MapPrivate(nuint bytes)
    {
        void* memory = Libc.Map(null, bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_PRIVATE | Libc.MAP_ANONYMOUS, -1, 0);
        return memory != Libc.MapFailed ? (byte*)memory : throw new NetworkException("mmap", Libc.LastError);
    }

    private void Add(uint count)
    {
        for (uint i = 0; i < count; i++) Return((int)_count++);
    }
}
