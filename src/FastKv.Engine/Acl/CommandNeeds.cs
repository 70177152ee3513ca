using FastKv.Engine.Commands;
using FastKv.Engine.Commands.Server;

namespace FastKv.Engine.Acl;

// Control plane to build, data plane to read: one entry of four bytes per command id, so that the check of a command with one key looks at nothing else.

/// <summary>How the keys of a command are found.</summary>
internal enum KeyForm : byte
{
    /// <summary>It has none.</summary>
    None,

    /// <summary>One, at a fixed place, always used in the same way.</summary>
    One,

    /// <summary>
    /// As <see cref="One"/>, unless options follow that may change the way: the command has no more than <see cref="CommandNeeds.PlainCount"/> arguments.
    /// </summary>
    OneIfPlain,

    /// <summary>By its key specifications.</summary>
    BySpecs,
}

/// <summary>Which arguments of a command are channels. Redis knows these commands by heart, too: no specification names channels.</summary>
internal enum ChannelForm : byte
{
    None,

    /// <summary>Argument 1.</summary>
    First,

    /// <summary>All arguments.</summary>
    All,

    /// <summary>All arguments, which are patterns: the very same patterns must have been granted.</summary>
    Patterns,
}

/// <summary>What the permission to run a command turns on.</summary>
internal readonly record struct CommandNeeds(KeyForm Keys, ChannelForm Channels, byte FirstKey, AclAccess Access)
{
    private static readonly CommandNeeds[] s_all = [.. CommandTable.All.Select(Read)];

    /// <summary>Arguments of a command of form <see cref="KeyForm.OneIfPlain"/> up to which it has no options: <c>SET key value</c>.</summary>
    public int PlainCount => FirstKey + 2;

    /// <summary>What the command with this id needs.</summary>
    public static ref readonly CommandNeeds Of(int id) => ref s_all[id];

    /// <summary>What has to be permitted for a use of a key: seeing the value is reading; adding, removing and changing are writing.</summary>
    public static AclAccess AccessOf(KeyAccess use) =>
        ((use & KeyAccess.Access) != 0 ? AclAccess.Read : AclAccess.None)
        | ((use & (KeyAccess.Insert | KeyAccess.Delete | KeyAccess.Update)) != 0 ? AclAccess.Write : AclAccess.None);

    private static unsafe CommandNeeds Read(CommandDescriptor command)
    {
        var channels = command.Name switch
        {
            "publish" or "spublish" => ChannelForm.First,
            "subscribe" or "ssubscribe" => ChannelForm.All,
            "psubscribe" => ChannelForm.Patterns,
            _ => ChannelForm.None,
        };
        var specs = command.KeySpecs.Where(spec => (spec.Access & KeyAccess.NotKey) == 0).ToArray();
        if (specs.Length == 0)
            return new CommandNeeds(KeyForm.None, channels, 0, AclAccess.None);
        var first = specs[0];
        bool isOne = specs.Length == 1 && first.Index > 0 && first.CountIndex < 0 && first.LastKey == 0 && first.Limit == 0;
        if (!isOne)
            return new CommandNeeds(KeyForm.BySpecs, channels, 0, AclAccess.None);
        bool isVariable = (first.Access & KeyAccess.VariableFlags) != 0;
        if (isVariable && -command.Arity != first.Index + 2)
            return new CommandNeeds(KeyForm.BySpecs, channels, 0, AclAccess.None);
        var use = isVariable ? VariableAccess.Of(command, first, null, 0) : first.Access;
        return new CommandNeeds(isVariable ? KeyForm.OneIfPlain : KeyForm.One, channels, (byte)first.Index, AccessOf(use));
    }
}
