namespace FastKv.Engine.Acl;

/// <summary>What may be done with the keys that match a pattern, and what a command does with its keys.</summary>
[Flags]
internal enum AclAccess : byte
{
    /// <summary>Neither: a command that only asks for the existence or type of a key needs no more than a pattern that matches.</summary>
    None = 0,

    /// <summary>The value is seen.</summary>
    Read = 1,

    /// <summary>Something is added, changed or removed.</summary>
    Write = 2,

    Both = Read | Write,
}

/// <summary>The outcome of a check. Where several selectors deny for different reasons the user is told the greatest.</summary>
internal enum AclVerdict : byte
{
    Allowed = 0,

    /// <summary>The command is not permitted.</summary>
    Command = 1,

    /// <summary>One of the keys is not permitted, or not in this way.</summary>
    Key = 2,

    /// <summary>Not a verdict on a command: user and password do not fit (ACL LOG).</summary>
    Authentication = 3,

    /// <summary>One of the channels is not permitted.</summary>
    Channel = 4,
}
