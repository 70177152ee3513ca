using FastKv.Engine.Keyspace;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Sets;

// Data plane. The operand sets of SINTER, SUNION, SDIFF and their kin: found once, on the stack or (many) in scratch memory of the heap. Their keys may lie
// on several shards, all of which this command owns then.

/// <summary>One operand; a key that does not exist is the empty set.</summary>
internal unsafe struct SetOperand
{
    private byte* _entry;

    public long Count;

    public EntryRef Entry
    {
        readonly get => new(_entry);
        set => _entry = value.Block;
    }
}

/// <summary>The operands of one command.</summary>
internal readonly unsafe ref struct Operands
{
    /// <summary>1 KiB of the caller's stack.</summary>
    public const int OnStackMax = 64;

    private readonly SetOperand* _sets;
    private readonly Partition? _scratch;
    private readonly int _capacity;

    private Operands(SetOperand* sets, int count, Partition? scratch)
    {
        _sets = sets;
        _capacity = count;
        _scratch = scratch;
    }

    /// <summary>The operands, which may be reordered.</summary>
    public Span<SetOperand> All => new(_sets, _capacity);

    /// <summary>Finds the sets of <paramref name="count"/> keys from argument <paramref name="first"/> on; false: WRONGTYPE was replied.</summary>
    /// <param name="context">The command.</param>
    /// <param name="first">Index of the first key.</param>
    /// <param name="count">Keys.</param>
    /// <param name="onStack"><see cref="OnStackMax"/> operands, used unless there are more.</param>
    /// <param name="operands">To be disposed of, whatever is returned.</param>
    public static bool TryFind(ref CommandContext context, int first, int count, SetOperand* onStack, out Operands operands)
    {
        operands = count <= OnStackMax
            ? new Operands(onStack, count, null)
            : new Operands((SetOperand*)context.Partition.Heap.Allocate(BytesFor(count)), count, context.Partition);
        var sets = operands.All;
        for (int i = 0; i < count; i++)
        {
            if (!context.TryFindForRead(context.Key(first + i), ValueType.Set, out var entry))
                return false;
            sets[i] = new SetOperand { Entry = entry, Count = entry.IsNull ? 0 : SetValue.Count(entry) };
        }
        return true;
    }

    public void Dispose() => _scratch?.Heap.Free((byte*)_sets, BytesFor(_capacity));

    private static long BytesFor(int count) => (long)count * sizeof(SetOperand);
}
