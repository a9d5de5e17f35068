"""A verifiable ledger of vocational-skill certificates 职业技能等级证书可验证账本."""

__version__ = "0.1.0"
