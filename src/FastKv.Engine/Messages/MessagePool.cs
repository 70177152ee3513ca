using System.Diagnostics;
using FastKv.Memory;

namespace FastKv.Engine.Messages;

/// <summary>
/// The native blocks of messages that one thread makes: taken by that thread, given back by whichever thread delivers last. Data plane.
/// </summary>
/// <remarks>
/// <code>
///   pool's thread:   Rent ◄── free list per size ◄── Collect (takes the whole list) ◄── Returns ◄── Return   any thread
/// </code>
/// Rent and Return are O(1). Pushing needs a compare-and-swap, and there is no ABA problem: nobody pops a single block. Blocks that have not been needed for
/// a while go back to the system (<see cref="Trim"/>). A thread without a pool gets its blocks from the system.
/// </remarks>
internal sealed unsafe class MessagePool : IDisposable
{
    /// <summary>The sizes that are kept; larger blocks come from the system and go back to it.</summary>
    private const int SizeCount = 4;

    [ThreadStatic]
    private static MessagePool? t_ofThread;

    private readonly PoolBlock*[] _free = new PoolBlock*[SizeCount];
    private readonly int[] _freeCount = new int[SizeCount];

    /// <summary>The fewest free blocks since the last <see cref="Trim"/>: so many have not been needed.</summary>
    private readonly int[] _freeMin = new int[SizeCount];
    private readonly PoolReturns* _returns;

    public MessagePool()
    {
        _returns = (PoolReturns*)NativeBlock.AllocateZeroed(sizeof(PoolReturns));
    }

    /// <summary>The pool of this thread; null: it has none.</summary>
    public static MessagePool? OfThread
    {
        get => t_ofThread;
        set => t_ofThread = value;
    }

    /// <summary>Free blocks kept, in bytes.</summary>
    public long RetainedBytes
    {
        get
        {
            long bytes = 0;
            for (int size = 0; size < SizeCount; size++)
                bytes += (long)_freeCount[size] * BytesOf(size);
            return bytes;
        }
    }

    /// <summary>A block of at least so many bytes, its header included, from the pool of this thread.</summary>
    public static PoolBlock* RentOfThread(long bytes)
    {
        if (t_ofThread is { } pool)
            return pool.Rent(bytes);
        return Allocate(bytes, null);
    }

    /// <summary>A block of at least so many bytes, its header included. The pool's thread only.</summary>
    public PoolBlock* Rent(long bytes)
    {
        int size = SizeOf(bytes);
        if (size == SizeCount)
            return Allocate(bytes, null);
        if (_free[size] == null)
            Collect();
        var block = _free[size];
        if (block == null)
            return Allocate(BytesOf(size), _returns);
        _free[size] = block->Next;
        int count = --_freeCount[size];
        if (count < _freeMin[size])
            _freeMin[size] = count;
        return block;
    }

    /// <summary>Gives a list of blocks back that all have the same <see cref="PoolBlock.Returns"/>; from any thread.</summary>
    public static void Return(PoolBlock* first, PoolBlock* last)
    {
        var returns = first->Returns;
        if (returns == null)
        {
            last->Next = null;
            while (first != null)
            {
                var next = first->Next;
                NativeBlock.Free((byte*)first, first->AllocatedBytes);
                first = next;
            }
            return;
        }
        while (true)
        {
            // The exchange publishes the links; it pairs with the one in Collect.
            var head = Volatile.Read(ref *(nint*)&returns->First);
            last->Next = (PoolBlock*)head;
            if (Interlocked.CompareExchange(ref *(nint*)&returns->First, (nint)first, head) == head)
                return;
        }
    }

    /// <summary>Gives blocks back to the system that have not been needed since the last call. The pool's thread only; some times a second.</summary>
    public void Trim()
    {
        Collect();
        for (int size = 0; size < SizeCount; size++)
        {
            for (int excess = _freeMin[size]; excess > 0; excess--)
            {
                var block = _free[size];
                _free[size] = block->Next;
                _freeCount[size]--;
                NativeBlock.Free((byte*)block, block->AllocatedBytes);
            }
            _freeMin[size] = _freeCount[size];
        }
    }

    /// <summary>Frees what has come back. Blocks still under way must have been given back before.</summary>
    public void Dispose()
    {
        Collect();
        for (int size = 0; size < SizeCount; size++)
            _freeMin[size] = _freeCount[size];
        Trim();
        NativeBlock.Free((byte*)_returns, sizeof(PoolReturns));
    }

    private static int SizeOf(long bytes) => bytes switch
    {
        <= 64 => 0,
        <= 256 => 1,
        <= 1024 => 2,
        <= 4096 => 3,
        _ => SizeCount,
    };

    private static long BytesOf(int size) => size switch
    {
        0 => 64,
        1 => 256,
        2 => 1024,
        _ => 4096,
    };

    private static PoolBlock* Allocate(long bytes, PoolReturns* returns)
    {
        var block = (PoolBlock*)NativeBlock.Allocate(bytes);
        block->Returns = returns;
        block->AllocatedBytes = bytes;
        return block;
    }

    private void Collect()
    {
        var block = (PoolBlock*)Interlocked.Exchange(ref *(nint*)&_returns->First, 0);
        while (block != null)
        {
            var next = block->Next;
            int size = SizeOf(block->AllocatedBytes);
            Debug.Assert(size < SizeCount && block->Returns == _returns, "a block of this pool");
            block->Next = _free[size];
            _free[size] = block;
            _freeCount[size]++;
            block = next;
        }
    }
}
