using FastKv.Engine.Commands;
using FastKv.Engine.Sharding;
using FastKv.Memory;
using FastKv.Network;
using FastKv.Protocol;

namespace FastKv.Engine.Clients;

/// <summary>Why a client's next command cannot simply be run. 0: it can.</summary>
[Flags]
internal enum ClientGate
{
    Open = 0,

    /// <summary>A password is required and has not been given.</summary>
    Unauthenticated = 1,

    /// <summary>CLIENT REPLY OFF: commands run, replies are dropped.</summary>
    ReplyOff = 2,

    /// <summary>CLIENT REPLY SKIP: the reply of the command that is being run, or waits, is dropped.</summary>
    ReplySkip = 4,

    /// <summary>CLIENT REPLY SKIP has been called: the next command turns it into <see cref="ReplySkip"/>.</summary>
    ReplySkipNext = 8,

    /// <summary>CLIENT PAUSE is on somewhere in the server, or its loop waits for the disk.</summary>
    Pause = 16,

    /// <summary>No further command is read: the connection closes when its replies have left.</summary>
    Closing = 32,

    /// <summary>CLIENT NO-TOUCH: lookups leave the access clocks of keys alone.</summary>
    NoTouch = 64,

    /// <summary>A blocking command waits for a key: what follows it is not run yet.</summary>
    Blocked = 128,

    /// <summary>Between MULTI and EXEC: commands are queued.</summary>
    Multi = 256,

    /// <summary>The user may not do everything: each command is checked.</summary>
    Restricted = 512,

    /// <summary>A RESP2 client with subscriptions: it may call little else.</summary>
    SubscriberMode = 1024,

    /// <summary>CLIENT TRACKING: keys that it reads may have to be remembered, and its changes told from those of others.</summary>
    Tracking = 2048,

    /// <summary>Somebody watches all commands (MONITOR).</summary>
    Monitored = 4096,

    /// <summary>There is a memory limit to be held before each command.</summary>
    MemoryLimit = 8192,

    /// <summary>The dataset could not be saved: writes are refused (stop-writes-on-bgsave-error).</summary>
    SaveFailed = 16384,

    /// <summary>A RESP3 client with subscriptions: what a command of it has published reaches it before its next command is run.</summary>
    Listening = 1 << 20,

    /// <summary>CLIENT CACHING was called: the keys of the next command, or transaction, are an exception.</summary>
    Caching = 1 << 16,

    /// <summary>It watches itself (MONITOR): it may not touch keys.</summary>
    IsMonitor = 1 << 21,

    /// <summary>Its replies wait until what they tell of is safe (appendfsync always): what follows is not run yet.</summary>
    Committing = 1 << 22,

    /// <summary>The disk refuses what is to be kept: commands that write are refused.</summary>
    DiskError = 1 << 23,

    /// <summary>The dataset is being loaded: what is not meant for that time is refused.</summary>
    Loading = 1 << 24,

    /// <summary>Its next command names a key that is on its way to another server (MIGRATE).</summary>
    Locked = 1 << 27,

    /// <summary>Nothing of the client is run.</summary>
    Halted = Blocked | Committing | Locked,

    /// <summary>With one of these, commands are run or sent one by one: each may change what becomes of the next.</summary>
    OneByOne = Unauthenticated | ReplyOff | ReplySkip | ReplySkipNext | Pause | Closing | Halted | Multi | SubscriberMode | Monitored
        | Caching,
}

/// <summary>The connection classes that have output buffer limits of their own.</summary>
internal enum OutputClass
{
    Normal = 0, Replica = 1, PubSub = 2,
}

/// <summary>One client's session. Owned by the thread of its loop; the fields of <c>CLIENT LIST</c> may be read by others, torn or late.</summary>
internal sealed unsafe class Client
{
    /// <summary>Size of the managed object and its connection, for CLIENT LIST's tot-mem and MEMORY STATS; measured, rounded.</summary>
    public const int ManagedBytes = 512;

    public long Id;
    public ShardLoop Loop = null!;
    public Connection Connection = null!;

    // What dispatch reads.
    public volatile ClientGate Gate;
    public int Database;
    public byte Resp = 2;
    public RequestParser Parser;

    /// <summary>Input that could not be run at once; refers to it: a batch in flight, an incomplete command.</summary>
    public NativeBuffer Input;

    /// <summary>Parse position in <see cref="Input"/>.</summary>
    public long InputCursor;

    /// <summary>Input that arrived while <see cref="Input"/> must not move because other shards refer to it.</summary>
    public NativeBuffer Arrived;

    /// <summary>Several shards: commands parsed and not all replied to.</summary>
    public CommandBatch? Batch;

    /// <summary>What is queued and watched.</summary>
    public readonly Transactions.Transaction Transaction = new();

    /// <summary>
    /// What it is to be told of what it has read; null: it has never called CLIENT TRACKING ON. Its own loop, or while one of its commands runs.
    /// </summary>
    public Tracking.Tracker? Tracker;

    /// <summary>The wait of its blocking command; null: it is not blocked.</summary>
    public Blocking.Waiter? Waiter;

    /// <summary>How messages find the client.</summary>
    public Messages.Receiver Receiver;

    /// <summary>Messages that wait until what is in flight has been replied to, the oldest first.</summary>
    public Messages.Mail* HeldMail, LastHeldMail;
    public long HeldBytes;

    /// <summary>What it has subscribed to; null: it never has.</summary>
    public PubSub.Subscriptions? Subscriptions;

    /// <summary>Messages have been appended to its output and are to be sent.</summary>
    public bool IsTouched;

    /// <summary>Whose output limits hold for it.</summary>
    public OutputClass OutputClass;

    /// <summary>Parts of the client's window or ticket are out; nothing of it may be freed.</summary>
    public bool InFlight;
    public bool IsReady;

    /// <summary>CLIENT PAUSE, or the disk, keeps its next command from running.</summary>
    public bool IsHeld;
    public bool IsReceivePaused;
    public bool IsClosed;

    /// <summary>The peer sends nothing more; the connection closes once what it asked for is answered.</summary>
    public bool IsPeerClosed;

    /// <summary>While its replies waited for a commit it got more, which the next one has to cover.</summary>
    public bool IsHeldAgain;

    // The session, for CLIENT LIST.
    /// <summary>It has said a user's password, or none was asked for when it began.</summary>
    public bool Authenticated;
    public string Name = "";
    public string LibraryName = "";
    public string LibraryVersion = "";

    /// <summary>Whose session it is, which decides what it may do.</summary>
    public Acl.AclUser Acl = FastKv.Engine.Acl.AclUser.Nobody;
    public bool NoEvict;

    /// <summary>What <see cref="ClientEviction"/> has counted it as: bytes, and the bucket of its size (−1: not to be evicted).</summary>
    public long CountedBytes;
    public int SizeBucket = -1;
    public long CreatedMs;
    public long LastInteractionMs;
    public long ActiveEpoch;
    public long OutputSoftLimitSinceMs;

    /// <summary>The most bytes that waited to be sent, in this second or the one before.</summary>
    public long OutputPeakBytes;
    public CommandDescriptor? LastCommand;
    public long TotalNetworkInput;
    public long TotalNetworkOutput;
    public string Address = "";
    public string LocalAddress = "";
    public bool IsUnixSocket;

    /// <summary>The last session of this object that has ended, or is about to; ids only grow, so a late mark does not fall on a later session.</summary>
    private long _endedId;

    /// <summary>CLIENT NO-TOUCH.</summary>
    public bool NoTouch
    {
        get => (Gate & ClientGate.NoTouch) != 0;
        set => Gate = value ? Gate | ClientGate.NoTouch : Gate & ~ClientGate.NoTouch;
    }

    /// <summary>Whether replies of the current command go nowhere.</summary>
    public bool IsReplySuppressed => (Gate & (ClientGate.ReplyOff | ClientGate.ReplySkip)) != 0;

    /// <summary>Whether the session is over, or about to be (CLIENT KILL): it is not to be found any more. Any thread.</summary>
    public bool IsEnded => Volatile.Read(ref _endedId) == Id;

    /// <summary>Ends the session once the replies written so far have left.</summary>
    public void CloseAfterReply() => Gate |= ClientGate.Closing;

    /// <summary>Marks the session with this id as over; from any thread. False: it has been marked before.</summary>
    public bool TryMarkEnded(long id)
    {
        long before;
        while ((before = Volatile.Read(ref _endedId)) < id)
        {
            if (Interlocked.CompareExchange(ref _endedId, id, before) == before)
                return true;
        }
        return false;
    }

    /// <summary>A command begins: a CLIENT REPLY SKIP before it was about its reply. May be called more than once for one command.</summary>
    public void BeginReplySkip()
    {
        if ((Gate & ClientGate.ReplySkipNext) != 0)
            Gate = (Gate & ~ClientGate.ReplySkipNext) | ClientGate.ReplySkip;
    }

    /// <summary>A command is over, and with it what CLIENT REPLY SKIP has said of it; one that has blocked is not over.</summary>
    public void EndReplySkip()
    {
        if ((Gate & (ClientGate.ReplySkip | ClientGate.Blocked)) == ClientGate.ReplySkip)
            Gate &= ~ClientGate.ReplySkip;
    }

    /// <summary>Back to the state of a new object, for the pool. The native buffers are released.</summary>
    public void Recycle()
    {
        Input.Release();
        Arrived.Release();
        Parser.Reset();
        InputCursor = 0;
        Loop = null!;
        Connection = null!;
        Gate = ClientGate.Open;
        Database = 0;
        Resp = 2;
        Batch = null;
        Waiter = null;
        Receiver = default;
        IsTouched = false;
        OutputClass = OutputClass.Normal;
        InFlight = IsReady = IsHeld = IsReceivePaused = IsClosed = IsPeerClosed = IsHeldAgain = Authenticated = NoEvict = IsUnixSocket = false;
        Name = LibraryName = LibraryVersion = Address = LocalAddress = "";
        Acl = FastKv.Engine.Acl.AclUser.Nobody;
        CountedBytes = 0;
        SizeBucket = -1;
        OutputSoftLimitSinceMs = OutputPeakBytes = ActiveEpoch = TotalNetworkInput = TotalNetworkOutput = 0;
        LastCommand = null;
    }
}
