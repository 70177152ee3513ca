using FastKv.Engine.Commands;
using FastKv.Engine.Persistence.Loading;
using FastKv.Protocol;

namespace FastKv.Engine.Persistence.Aof;

/// <summary>A command of an AOF that is to be run.</summary>
internal struct EffectSlot
{
    public CommandDescriptor Command;

    /// <summary>Of its first key; 0: it has none.</summary>
    public ulong Hash;

    /// <summary>Where its arguments begin, and how many there are.</summary>
    public int First, Count;
    public int Database;
}

/// <summary>Commands of an AOF that concern one partition (or, run alone, all of them), in order; their arguments lie in the file. Data plane.</summary>
internal sealed unsafe class EffectBatch(EffectPlayer player) : LoadWork, IDisposable
{
    public const int CommandsMax = 512;

    private readonly EffectPlayer _player = player;

    public readonly EffectSlot[] Slots = new EffectSlot[CommandsMax];
    public readonly ArgumentArray Arguments = new();
    public int Count;

    /// <summary>Bytes of the file that it covers.</summary>
    public long Bytes;

    /// <summary>Adds a command, whose arguments are copied as places in the file.</summary>
    public void Add(CommandDescriptor command, ulong hash, int database, Argument* arguments, int count)
    {
        ref var slot = ref Slots[Count++];
        slot.Command = command;
        slot.Hash = hash;
        slot.Database = database;
        slot.First = Arguments.Count;
        slot.Count = count;
        Arguments.EnsureFree(count);
        new ReadOnlySpan<Argument>(arguments, count).CopyTo(new Span<Argument>(Arguments.Items + Arguments.Count, count));
        Arguments.Count += count;
    }

    public override bool Run()
    {
        RunAll();
        return true;
    }

    /// <summary>Runs its commands.</summary>
    public void RunAll() => _player.Run(this);

    public override void Recycle()
    {
        Count = 0;
        Bytes = 0;
        Arguments.Clear();
        _player.Return(this);
    }

    public void Dispose() => Arguments.Dispose();
}
