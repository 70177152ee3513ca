using FastKv.Engine.Commands;
using FastKv.Protocol;

namespace FastKv.Engine.Acl;

/// <summary>A user: a name, and permissions that any thread may exchange as a whole. The sessions of the user see them from the next command on.</summary>
internal sealed unsafe class AclUser(string name, UserRules rules)
{
    /// <summary>The user of no session: nothing is permitted.</summary>
    public static readonly AclUser Nobody = new("", new UserRules(allChannelsByDefault: false));

    // Pairs with the write in the setter: who sees the new object sees all of it.
    private volatile Permissions _permissions = new(rules);

    /// <summary>Latin-1, a char per byte.</summary>
    public string Name { get; } = name;

    public Permissions Permissions
    {
        get => _permissions;
        set => _permissions = value;
    }

    public UserRules Rules => _permissions.Rules;

    /// <summary>Whether the user may run the command with these arguments. Data plane.</summary>
    public bool Permits(CommandDescriptor command, Argument* arguments, int count) =>
        _permissions.Check(command, arguments, count, out _) == AclVerdict.Allowed;
}
