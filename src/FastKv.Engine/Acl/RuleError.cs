using System.Text;

namespace FastKv.Engine.Acl;

/// <summary>What is wrong with a rule.</summary>
internal enum RuleError
{
    None,
    Syntax,
    Unknown,
    KeysAfterAll,
    ChannelsAfterAll,
    NoSuchPassword,
    BadHash,
    DuplicateUser,
    ArgumentOfSubcommand,
}

/// <summary>The texts of <see cref="RuleError"/>. Control plane.</summary>
internal static class RuleErrors
{
    public static string Text(this RuleError error) => Encoding.ASCII.GetString(error switch
    {
        RuleError.Syntax => Errors.AclSyntax,
        RuleError.Unknown => Errors.AclUnknown,
        RuleError.KeysAfterAll => Errors.AclKeysAfterAll,
        RuleError.ChannelsAfterAll => Errors.AclChannelsAfterAll,
        RuleError.NoSuchPassword => Errors.AclNoSuchPassword,
        RuleError.BadHash => Errors.AclBadHash,
        RuleError.DuplicateUser => Errors.AclDuplicateUser,
        RuleError.ArgumentOfSubcommand => Errors.AclArgumentOfSubcommand,
        _ => default,
    });
}
