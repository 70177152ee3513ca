using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using FastKv.Engine.Commands;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Journal;

// Data plane. What a partition tells those who listen (the AOF): the effect of every command that changed something, in the form in which it can be repeated
// at any time with the same result. Most commands are that themselves and are copied; handlers of the others say what stands for them (Begin).
//
//   unit     all effects of one command, one transaction, one served client; with more than one between MULTI and EXEC
//   ticket   a unit that other shards have their share of: a line "#TK:<number>:<shards>:u" before it, and a mark beside the stream
//
// A unit is collected in a buffer, unless it is one command as it came, which goes straight to the stream. Only whole units are published.

/// <summary>The journal of one partition; under its ownership word.</summary>
internal sealed unsafe class Journal : IDisposable
{
    /// <summary>A unit's buffer above this is given back.</summary>
    private const long UnitBytesKept = 256 << 10;

    private readonly Partition _partition;
    private readonly SpscRing<JournalMark> _marks;
    private readonly CommandRecordWriter _images = new();
    private NativeBuffer _unit;
    private int _effects;
    private int _selected = -1;
    private long _dirtySeen;
    private long _timestamp;

    public Journal(Partition partition)
    {
        _partition = partition;

        // More than all tickets that can be under way: when it is full the oldest is complete, so whoever reads it gets on.
        int shards = partition.Routing.ShardCount;
        _marks = new SpscRing<JournalMark>(shards == 1 ? 16 : 4 * shards * PartitionInbox.OutstandingMax);
    }

    /// <summary>Whether anybody listens. Changes only while all partitions are held.</summary>
    public bool IsOn
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _partition.Listeners.Has(ChangeListener.Journal);
    }

    /// <summary>Whether the handler that runs has said what its effect is.</summary>
    public bool IsReplaced;

    /// <summary>The handler wants its command told even if nothing has changed (FLUSHALL of an empty server).</summary>
    public bool IsForced;

    /// <summary>Where the effects of this partition go while a transaction that flushes a database runs on all of them; null: here.</summary>
    public Journal? Substitute;

    /// <summary>The bytes for who listens.</summary>
    public JournalStream Stream { get; } = new();

    /// <summary>The marks for who listens; published after the bytes that they are about.</summary>
    public SpscRing<JournalMark> Marks => _marks;

    /// <summary>Whether the unit has effects so far.</summary>
    public bool HasEffects => _effects > 0;

    /// <summary>Begins to tell, from the present state on.</summary>
    public void Start()
    {
        _partition.Listeners.Set(ChangeListener.Journal, true);
        Forget();
        _dirtySeen = _partition.Statistics.Dirty;
    }

    /// <summary>Ends it. What a transaction in which that happens has done so far is not told: whoever listens next begins with a state that has it.</summary>
    public void Stop()
    {
        _partition.Listeners.Set(ChangeListener.Journal, false);
        Forget();
    }

    /// <summary>Whether the partition has changed since the last look, other than by expiry; the next look begins here.</summary>
    public bool TakeChanged()
    {
        long dirty = _partition.Statistics.Dirty;
        bool isChanged = dirty != _dirtySeen;
        _dirtySeen = dirty;
        return isChanged;
    }

    /// <summary>Begins an effect with so many arguments, the name included. What the command itself says is not an effect then.</summary>
    public Effect Begin(int databaseIndex, ReadOnlySpan<byte> name, int count)
    {
        IsReplaced = true;
        var target = Substitute ?? this;
        target.Select(databaseIndex);
        target._effects++;
        EffectText.Header(ref target._unit, count);
        EffectText.Argument(ref target._unit, name);
        return new Effect(target);
    }

    public void AddArgument(ReadOnlySpan<byte> argument) => EffectText.Argument(ref _unit, argument);

    public void AddArgument(long number) => EffectText.Argument(ref _unit, number);

    /// <summary>Adds a command as it came to the unit.</summary>
    public void AddVerbatim(ref CommandContext context)
    {
        var target = Substitute ?? this;
        target.Select(context.DatabaseIndex);
        target._effects++;
        EffectText.Command(ref target._unit, context.Arguments, context.Count);
    }

    /// <summary>A command has run on this partition alone.</summary>
    public void NoteCommand(ref CommandContext context)
    {
        bool isVerbatim = (TakeChanged() | IsForced) && !IsReplaced && IsEffect(context.Command);
        IsReplaced = IsForced = false;
        if (isVerbatim)
        {
            if (_effects == 0 && !context.IsInTransaction && Substitute is null && TryAppend(ref context))
                return;
            AddVerbatim(ref context);
        }
        if (_effects != 0 && !context.IsInTransaction)
            EndUnit();
    }

    /// <summary>A key has expired (or was evicted): that is an effect of its own, before that of the command which noticed it.</summary>
    public void NoteRemoved(int databaseIndex, in Key key, bool isLazy)
    {
        _dirtySeen++;
        bool isReplaced = IsReplaced;
        Begin(databaseIndex, isLazy ? "UNLINK"u8 : "DEL"u8, 2).Add(key.Span);
        IsReplaced = isReplaced;
    }

    /// <summary>A key was removed between commands, by expiry or eviction, and nothing was counted as changed.</summary>
    public void NoteGone(int databaseIndex, in Key key, bool isLazy)
    {
        bool isWithinUnit = _effects > 0;
        bool isReplaced = IsReplaced;
        Begin(databaseIndex, isLazy ? "UNLINK"u8 : "DEL"u8, 2).Add(key.Span);
        IsReplaced = isReplaced;
        if (!isWithinUnit)
            EndUnit();
    }

    /// <summary>Ends the unit, if it has begun.</summary>
    public void EndUnit()
    {
        if (_effects == 0)
            return;
        WriteUnit();
        Stream.Publish();
    }

    /// <summary>Ends the unit as a share of a ticket. Without effects it says that the shard had none.</summary>
    public void EndTicket(long number, ulong shards)
    {
        long start = Stream.Written;
        byte* line = stackalloc byte[80];
        byte* end = line;
        *end++ = (byte)'#';
        *end++ = (byte)'T';
        *end++ = (byte)'K';
        *end++ = (byte)':';
        end += Protocol.NumberText.Format(end, number);
        *end++ = (byte)':';
        for (int digit = 60; digit >= 0; digit -= 4)
            *end++ = (byte)"0123456789abcdef"[(int)(shards >> digit & 15)];
        if (_effects > 0)
        {
            // A line at the end of a torn file must not look like a share that had no effects.
            *end++ = (byte)':';
            *end++ = (byte)'u';
        }
        *end++ = (byte)'\r';
        *end++ = (byte)'\n';
        Stream.Write(line, end - line);
        if (_effects > 0)
            WriteUnit();
        AddMark(new JournalMark(JournalMarkKind.Ticket, number, shards, start, Stream.Written));
    }

    /// <summary>The partition begins a new file here; what is in the unit is the first that stands in it.</summary>
    public void AddBarrier(JournalMarkKind kind, long number, ulong shards)
    {
        long start = Stream.Written;
        if (_effects > 0)
            WriteUnit();
        AddMark(new JournalMark(kind, number, shards, start, Stream.Written));
    }

    /// <summary>The next effect says its database: it is the first in a file.</summary>
    public void ForgetDatabase() => _selected = -1;

    /// <summary>Adds the commands that make a key to the unit, behind an effect of the same database.</summary>
    public void AddImage(EntryRef entry, Database database)
    {
        var target = Substitute ?? this;
        target._effects += KeyImage.TryAppendPayload(ref target._unit, database, entry)
            ? 1
            : _images.Write(ref target._unit, database.Values, entry, _partition.NowMs);
    }

    public void Dispose()
    {
        _unit.Release();
        _images.Dispose();
        Stream.Dispose();
    }

    /// <summary>Whether a command that changed something is repeated as it is. EXEC is not: what it ran has been told.</summary>
    private static bool IsEffect(CommandDescriptor command) =>
        (command.Flags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0 && command.Route != CommandRoute.Transaction;

    private void Forget()
    {
        IsReplaced = IsForced = false;
        _selected = -1;
        _effects = 0;
        _unit.Length = 0;
    }

    private bool TryAppend(ref CommandContext context)
    {
        byte* to = Stream.Reserve(EffectText.Bound(context.Arguments, context.Count));
        if (to == null || context.DatabaseIndex != _selected || _partition.Options.AofTimestampEnabled)
            return false;
        Stream.Commit(EffectText.Command(to, context.Arguments, context.Count));
        Stream.Publish();
        return true;
    }

    private void Select(int databaseIndex)
    {
        if (databaseIndex == _selected)
            return;
        _selected = databaseIndex;
        EffectText.Header(ref _unit, 2);
        EffectText.Argument(ref _unit, "SELECT"u8);
        EffectText.Argument(ref _unit, databaseIndex);
    }

    private void WriteUnit()
    {
        if (_partition.Options.AofTimestampEnabled)
            WriteTimestamp();
        bool isTransaction = _effects > 1;
        _effects = 0;
        if (isTransaction)
            Write("*1\r\n$5\r\nMULTI\r\n"u8);
        Stream.Write(_unit.Data, _unit.Length);
        if (isTransaction)
            Write("*1\r\n$4\r\nEXEC\r\n"u8);
        if (_unit.Capacity > UnitBytesKept)
            _unit.Release();
        else
            _unit.Length = 0;
    }

    /// <summary>"#TS:seconds", once a second.</summary>
    private void WriteTimestamp()
    {
        long now = _partition.NowMs / 1000;
        if (now <= _timestamp)
            return;
        _timestamp = now;
        byte* line = stackalloc byte[32];
        "#TS:"u8.CopyTo(new Span<byte>(line, 4));
        byte* end = line + 4;
        end += Protocol.NumberText.Format(end, now);
        *end++ = (byte)'\r';
        *end++ = (byte)'\n';
        Stream.Write(line, end - line);
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        fixed (byte* bytes = text)
            Stream.Write(bytes, text.Length);
    }

    private void AddMark(JournalMark mark)
    {
        // Marks become visible before their bytes: who reads the bytes' end first knows every mark before it.
        var wait = new SpinWait();
        while (!_marks.TryEnqueue(mark))
            wait.SpinOnce();
        _marks.Publish();
        Stream.Publish();
    }
}
