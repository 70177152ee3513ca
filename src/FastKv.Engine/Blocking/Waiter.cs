using FastKv.Engine.Clients;
using FastKv.Engine.Commands;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Protocol;

namespace FastKv.Engine.Blocking;

// Data plane. A blocking command that has found nothing: a copy of its arguments, the keys that it waits for, and one word that decides who ends the wait.
// The word is changed by compare-and-swap only, so exactly one of these wins: the command that brings an element (on whatever shard and thread), the
// client's own loop (timeout, connection closed), another client (CLIENT UNBLOCK).
//
//   Idle ──Block()──► Waiting ──claim──► Claimed ──reply written──► Idle
//                      ▲   │                │  ▲
//                      │   └──cancel──►Idle │  └ Missed: another key of it got something meanwhile
//                      └───nothing for it───┘

/// <summary>One blocked command of one client. Belongs to the client's loop; pooled there.</summary>
internal sealed unsafe class Waiter(ShardLoop origin) : IDisposable
{
    private const long StateMask = 3;
    private const long Waiting = 1;
    private const long Claimed = 2;
    private const long Missed = 3;

    /// <summary>The waiter's own segments: replies are written by the thread that serves, and consumed by the client's.</summary>
    private readonly BufferPool _segments = new(retainedSegmentsMax: 1);
    private readonly ArgumentArray _arguments = new();
    private BufferChain? _replies;
    private NativeBuffer _text;

    /// <summary>The number of the wait (upper bits) and its state: what stands in a queue for an earlier wait cannot claim a later one.</summary>
    private long _word;

    public readonly ShardLoop Origin = origin;
    public Client Client = null!;
    public CommandDescriptor Command = null!;
    public int DatabaseIndex;
    public byte Resp;
    public bool NoTouch;

    /// <summary>From when the command blocked; 0: no timeout.</summary>
    public long TimeoutMs;

    /// <summary>Loop time at which the wait ends; 0: never.</summary>
    public long DeadlineUs;

    /// <summary>Loop time at which the loop has to do something about it: the wait ends, or is looked at.</summary>
    public long WakeUs;

    /// <summary>
    /// When the command is tried again although no key has got anything (XREADGROUP with CLAIM), Unix milliseconds; the largest number: never. Changes only
    /// under a claim, by the loop.
    /// </summary>
    public long LookMs;

    /// <summary>The same as the last try has seen it. One that saw the keys of one shard only may say something later than the truth.</summary>
    public long NextLookMs;

    /// <summary>It is tried again because of <see cref="LookMs"/>.</summary>
    public bool IsLook;

    /// <summary>Place in the loop's <see cref="DeadlineHeap"/>; −1: none.</summary>
    public int DeadlineIndex = -1;

    /// <summary>The shards of the keys that are waited for, one bit each.</summary>
    public ulong Shards;

    /// <summary>A try needs more shards than those of the keys waited for (BLMOVE to another shard): it takes an exclusive ticket.</summary>
    public bool NeedsTicket;

    /// <summary>The wait was ended with an error by CLIENT UNBLOCK.</summary>
    public bool IsUnblockedWithError;

    /// <summary>Set by a try that has found nothing again.</summary>
    public bool IsBlockedAgain;

    /// <summary>A MIGRATE that is under way; null: a command that waits for keys.</summary>
    public Migration.Migration? Migration;

    /// <summary>For WAITAOF: what the writer of the append-only file has to pass; 0: none.</summary>
    public long Mark;

    /// <summary>The next waiter of a list that the loops exchange.</summary>
    public Waiter? Next;

    public BufferChain Replies => _replies ??= new BufferChain(_segments);

    public Argument* Arguments => _arguments.Items;

    public int Count => _arguments.Count;

    /// <summary>Bytes of the copied arguments; readable by other threads, late.</summary>
    public long ArgumentBytes => _text.Length;

    public int FirstKey { get; private set; }

    public int KeyCount { get; private set; }

    /// <summary>The number of the present wait.</summary>
    public long Number => Volatile.Read(ref _word) >> 2;

    public bool IsWaiting => (Volatile.Read(ref _word) & StateMask) == Waiting;

    /// <summary>Whether the wait ends when a key is lost, for the group is lost with it (XREADGROUP).</summary>
    public bool EndsWithoutKey => Command.Name == "xreadgroup";

    /// <summary>Neither waiting nor being served.</summary>
    public bool IsIdle => (Volatile.Read(ref _word) & StateMask) == 0;

    /// <summary>Takes a command over: its arguments are copied, for the input they lie in goes on.</summary>
    public void Begin(ref CommandContext context, int firstKey, int keyCount, long timeoutMs, long lookMs = long.MaxValue)
    {
        Client = context.Client;
        Command = context.Command;
        DatabaseIndex = context.DatabaseIndex;
        Resp = context.Reply.Resp;
        NoTouch = context.Client.NoTouch;
        FirstKey = firstKey;
        KeyCount = keyCount;
        TimeoutMs = timeoutMs;
        LookMs = NextLookMs = lookMs;
        IsUnblockedWithError = IsBlockedAgain = IsLook = false;
        CopyArguments(context.Arguments, context.Count);
        Volatile.Write(ref _word, ((_word >> 2) + 1) << 2 | Waiting);
        Interlocked.Increment(ref Origin.Server.BlockedClients);
    }

    /// <summary>Whoever gets true serves the wait with this number, or says that there is nothing for it (<see cref="TryResume"/>).</summary>
    public bool TryClaim(long number) => TryLeaveWaiting(number, number << 2 | Claimed);

    /// <summary>Ends the wait with this number, unless it has ended or someone is serving it.</summary>
    public bool TryCancel(long number) => TryLeaveWaiting(number, number << 2);

    /// <summary>Tells whoever serves the wait that meanwhile another of its keys has got something; false: it is not being served any more.</summary>
    public bool TryNoteMissed(long number)
    {
        long claimed = number << 2 | Claimed;
        long before = Interlocked.CompareExchange(ref _word, number << 2 | Missed, claimed);
        return before == claimed || before == (number << 2 | Missed);
    }

    /// <summary>A claimed wait goes on: there was nothing for it. False: there was, on another key, and the wait stays claimed for another try.</summary>
    public bool TryResume()
    {
        long number = Volatile.Read(ref _word) & ~StateMask;
        Interlocked.Increment(ref Origin.Server.BlockedClients);
        if (Interlocked.CompareExchange(ref _word, number | Waiting, number | Claimed) == (number | Claimed))
            return true;
        Interlocked.Decrement(ref Origin.Server.BlockedClients);
        Volatile.Write(ref _word, number | Claimed);
        return false;
    }

    /// <summary>A claimed wait is over; its reply is in <see cref="Replies"/>.</summary>
    public void Finish() => Volatile.Write(ref _word, _word & ~StateMask);

    /// <summary>Forgets the command, for the pool.</summary>
    public void Clear()
    {
        _replies?.Clear();
        _arguments.Clear();
        _arguments.Trim(64);
        _text.Release();
        Migration?.Dispose();
        Migration = null;
        Mark = 0;
        Client = null!;
        Shards = 0;
        DeadlineUs = 0;
        NeedsTicket = false;
    }

    public void Dispose()
    {
        Clear();
        _arguments.Dispose();
        _segments.Dispose();
    }

    private bool TryLeaveWaiting(long number, long word)
    {
        long waiting = number << 2 | Waiting;
        if (Interlocked.CompareExchange(ref _word, word, waiting) != waiting)
            return false;
        Interlocked.Decrement(ref Origin.Server.BlockedClients);
        return true;
    }

    private void CopyArguments(Argument* arguments, int count)
    {
        long bytes = 0;
        for (int i = 0; i < count; i++)
            bytes += arguments[i].Length;
        _text.EnsureFree(Math.Max(bytes, 1));
        _arguments.EnsureFree(count);
        byte* to = _text.Data;
        for (int i = 0; i < count; i++)
        {
            _text.Append(arguments[i].Pointer, arguments[i].Length);
            _arguments.Items[_arguments.Count++] = new Argument { Pointer = to, Length = arguments[i].Length };
            to += arguments[i].Length;
        }
    }
}
